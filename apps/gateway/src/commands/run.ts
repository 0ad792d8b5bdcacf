// `ethspan run`: a node, until a signal ends it.
import { networkInterfaces } from 'node:os'
import type { GatewayConfig } from '../config.js'
import { startGateway } from '../gateway.js'
import { holdLog } from '../held-log.js'
import { isAnyAddress } from '../listen.js'
import { createLog, type LogOptions } from '../log.js'
import { createMetrics } from '../metrics/registry.js'
import { summary } from '../summary.js'
import type { Output } from './output.js'

export interface Run {
  readonly config: GatewayConfig
  readonly log: LogOptions
}

/** @throws {EthspanError} what keeps it from starting, or went wrong when it stopped; one line */
export async function runNode({ config, log: logOptions }: Run, { out }: Output, signal: AbortSignal): Promise<void> {
  const log = holdLog(createLog(logOptions))
  const metrics = config.metrics === undefined ? undefined : createMetrics({ ofProcess: true })
  const gateway = await startGateway(config, { log, metrics })
  out(summary(gateway, lanHosts(config)))
  log.release()
  await fired(signal)
  log.info('saying goodbye', { peers: gateway.server.peerCount })
  await gateway.stop()
}

const fired = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })

/** This machine's addresses in its network, where the gateway listens on all of them. */
function lanHosts({ web }: GatewayConfig): string[] {
  if (!isAnyAddress(web.host)) return []
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address)
}

// `ethspan run`: a node, until a signal ends it.
import { networkInterfaces } from 'node:os'
import { EthspanError } from '@ethspan/core'
import type { ImportProgress } from '../chain/import-blocks.js'
import type { GatewayConfig } from '../config.js'
import { startGateway } from '../gateway.js'
import { holdLog } from '../held-log.js'
import { isAnyAddress } from '../listen.js'
import { createLog, type LogOptions } from '../log.js'
import { createMetrics } from '../metrics/registry.js'
import { summary } from '../summary.js'
import type { Output } from './output.js'
import { Progress, type ProgressScreen } from './progress.js'

export interface Run {
  readonly config: GatewayConfig
  readonly log: LogOptions
}

/**
 * @returns false where the signal fired while blocks were imported, so that the node never ran
 * @throws {EthspanError} what keeps it from starting, or went wrong when it stopped; one line
 */
export async function runNode(
  { config, log: logOptions }: Run,
  { out, ...screen }: Output & ProgressScreen,
  signal: AbortSignal,
): Promise<boolean> {
  const log = holdLog(createLog(logOptions))
  const metrics = config.metrics === undefined ? undefined : createMetrics({ ofProcess: true })
  const progress = new Progress(screen, () => performance.now())
  const importing = ({ number, blocks, known, part }: ImportProgress) =>
    progress.tell({ number, blocks: blocks + known, part })
  const gateway = await startGateway(config, { log, metrics, signal, importing })
    .catch((error: unknown) => {
      if (isAbort(error, signal)) return undefined
      throw error
    })
    .finally(() => progress.clear())
  if (gateway === undefined) {
    out('Stopped while blocks were imported: the same command goes on from here.\n')
    return false
  }
  out(summary(gateway, lanHosts(config)))
  log.release()
  await fired(signal)
  log.info('saying goodbye', { peers: gateway.server.peerCount })
  await gateway.stop()
  return true
}

const isAbort = (error: unknown, { aborted }: AbortSignal) =>
  aborted && error instanceof EthspanError && error.code === 'ERR_ABORTED'

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

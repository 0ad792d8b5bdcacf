import { networkInterfaces } from 'node:os'
import { asError, EthspanError } from '@ethspan/core'
import { type Output, parseCommandLine } from './cli.js'
import type { GatewayConfig } from './config.js'
import { type Gateway, startGateway } from './gateway.js'
import { isAnyAddress } from './listen.js'
import { createLog } from './log.js'
import { createMetrics } from './metrics/registry.js'
import { summary } from './summary.js'

/** Exit codes of a program that a signal ended: 128 and the signal's number. */
const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 143 } as const

const output: Output = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
}

/** The program: runs until a signal, resolves with its exit code. */
export async function run(args: readonly string[]): Promise<number> {
  ignoreClosedPipes()
  const commandLine = parseCommandLine(args, output)
  if (commandLine.kind === 'exit') return commandLine.code
  const { config, log: logOptions } = commandLine
  const log = createLog(logOptions)
  // Before anything is open or said: a signal that comes this early must not leave a locked data directory behind.
  const signalled = untilSignal()
  let gateway: Gateway
  try {
    const metrics = config.metrics === undefined ? undefined : createMetrics({ ofProcess: true })
    gateway = await startGateway(config, { log, metrics })
  } catch (error) {
    output.err(`ethspan: ${errorLine(error)}\n`)
    return 1
  }
  process.once('exit', gateway.release)
  output.out(summary(gateway, lanHosts(config)))
  await signalled
  log.info('saying goodbye', { peers: gateway.server.peerCount })
  await gateway.stop()
  return 0
}

/** One line: what is wrong and what to do about it. An error nobody expected brings its stack. */
function errorLine(error: unknown): string {
  if (!(error instanceof EthspanError)) return asError(error).stack ?? asError(error).message
  return error.hint === undefined ? error.message : `${error.message}. ${error.hint}`
}

/** Resolves with the first signal; the second one ends the process. */
function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    let isSecond = false
    for (const [signal, code] of Object.entries(SIGNAL_CODES)) {
      process.on(signal, () => {
        if (isSecond) process.exit(code)
        isSecond = true
        resolve()
      })
    }
  })
}

/** `ethspan | head` closes our output when it has seen enough; the node runs on. */
function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}

/** This machine's addresses in its network, where the gateway listens on all of them. */
function lanHosts({ web }: GatewayConfig): string[] {
  if (!isAnyAddress(web.host)) return []
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address)
}

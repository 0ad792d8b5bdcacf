// The parts of a running node: how each one is opened so that nothing outlives an abort, and how all are closed.
import { abortable, abortError, asError, type Clock, EthspanError, type Logger, withTimeout } from '@ethspan/core'
import type { EndpointContext, OpenEndpoint, RpcEndpoint } from './api.js'
import { joinErrors, partError } from './failures.js'
import type { Service, ServiceContext } from './service.js'

/** Milliseconds that a service whose start is aborted has to give up. After that the node closes without it. */
export const START_GRACE = 5_000
/** Milliseconds for each part to close. One that takes longer is reported, so that it can't keep the others from closing. */
export const CLOSE_TIMEOUT = 10_000

export interface Part {
  /** Such as `the service "eth"`. */
  readonly what: string
  close(): unknown
}

/** What is open, in the order in which it was opened. */
export class Parts {
  readonly #clock: Clock
  readonly #open: Part[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  push(part: Part): void {
    this.#open.push(part)
  }

  /** Closes all, the last one first, each one whatever the others did. Resolves with what went wrong. */
  async close(): Promise<Error[]> {
    const errors: Error[] = []
    for (let part = this.#open.pop(); part !== undefined; part = this.#open.pop()) {
      try {
        await withTimeout(run(part.close.bind(part)), this.#clock, CLOSE_TIMEOUT, 'it')
      } catch (error) {
        errors.push(partError(`${part.what} failed to stop`, error, { part: part.what }))
      }
    }
    return errors
  }
}

/**
 * Starts a service; resolves once it has started, which may be after the abort too, and then it must be stopped.
 * @throws {EthspanError} ERR_SERVICE for what it threw, ERR_ABORTED
 */
export async function startService(service: Service, context: ServiceContext): Promise<void> {
  const { signal, clock, log } = context
  const what = `the service "${service.name}"`
  const starting = run(() => service.start?.(context))
  try {
    await abortable(starting, signal)
    return
  } catch (error) {
    if (!signal.aborted) throw partError(`${what} failed to start`, error, { service: service.name })
  }
  try {
    await withTimeout(starting, clock, START_GRACE, `${what} was told to give up its start, which`)
  } catch (error) {
    stopLate(starting, service, log)
    throw joinErrors(isAbort(error, signal) ? [abortError(signal)] : [abortError(signal), error])
  }
}

/** A service that comes up when it is long given up is stopped at once. */
function stopLate(starting: Promise<unknown>, service: Service, log: Logger): void {
  const stop = async () => {
    await service.stop?.()
    log.warn('it started after it was given up, and was stopped')
  }
  starting.then(stop).catch((error: unknown) => log.debug('it was given up', { error }))
}

/**
 * Opens an RPC endpoint. One that opens after the abort is closed at once.
 * @throws {EthspanError} what it threw, or ERR_ABORTED
 */
export async function openRpc(endpoint: RpcEndpoint, context: EndpointContext, signal: AbortSignal) {
  const opening = run(() => endpoint.open(context))
  try {
    return await abortable(opening, signal)
  } catch (error) {
    if (signal.aborted) {
      const close = (late: OpenEndpoint) => late.close()
      opening.then(close).catch((late: unknown) => context.log.debug('an endpoint was given up', { error: late }))
    }
    throw error instanceof EthspanError ? error : partError(`the RPC endpoint "${endpoint.name}" failed to open`, error)
  }
}

/** As a promise, whatever it does at once. */
const run = async <T>(call: () => T | Promise<T>): Promise<T> => await call()

/** Whether an error says no more than that the signal fired. */
function isAbort(error: unknown, signal: AbortSignal): boolean {
  if (error === signal.reason) return true
  return asError(error).name === 'AbortError' || (error instanceof EthspanError && error.code === 'ERR_ABORTED')
}

import { abortError, EthspanError } from '../errors.js'
import type { Clock } from './clock.js'

/** A promise and the functions that settle it. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

export function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void
  let reject!: (error: unknown) => void
  const promise = new Promise<T>((res, rej) => {
    resolve = res
    reject = rej
  })
  return { promise, resolve, reject }
}

/** Resolves after all that waits for the thread by now. By message, because timers of a hidden tab are late by up to a minute. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(undefined)
  })
}

/** Settles as `promise` does, or rejects with ERR_ABORTED as soon as the signal fires. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  if (signal.aborted) {
    // Nobody waits for it any more, so its failure is nobody's.
    promise.catch(() => undefined)
    return Promise.reject(abortError(signal))
  }
  const { promise: aborted, reject } = deferred<never>()
  const onAbort = () => reject(abortError(signal))
  signal.addEventListener('abort', onAbort, { once: true })
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', onAbort))
}

/** Settles as `promise` does, or rejects with ERR_TIMEOUT after `ms` milliseconds. `what` completes "… took longer than". */
export function withTimeout<T>(promise: Promise<T>, clock: Clock, ms: number, what: string): Promise<T> {
  const { promise: late, reject } = deferred<never>()
  const timer = clock.setTimeout(() => reject(new EthspanError('ERR_TIMEOUT', `${what} took longer than ${ms} ms`)), ms)
  return Promise.race([promise, late]).finally(() => timer.cancel())
}

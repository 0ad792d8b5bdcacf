import type { Clock, TokenBucket } from '@ethspan/core'

/**
 * Takes `count` tokens as soon as the bucket is not in debt, and goes into debt for what is missing, so that one large
 * taker waits no longer than many small ones. False when the signal fired first; nothing is taken then.
 */
export async function takeInTurn(
  bucket: TokenBucket,
  count: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  for (let ms = bucket.wait(0); ms > 0 && !signal.aborted; ms = bucket.wait(0)) await pause(clock, ms, signal)
  if (signal.aborted) return false
  bucket.owe(count)
  return true
}

/** Resolves after `ms` milliseconds, or as soon as the signal fires. */
function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      timer.cancel()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = clock.setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}

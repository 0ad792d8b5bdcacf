// Chosen by the package's `imports` map as `#platform`: the one place where core touches the runtime's clock and randomness.
import type { Clock, RandomBytes } from './clock.js'

declare const performance: { now(): number }
declare const crypto: { getRandomValues<T extends Uint8Array>(array: T): T }
declare function setTimeout(callback: () => void, ms: number): unknown
declare function clearTimeout(timer: unknown): void

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  setTimeout(callback, ms) {
    const timer = setTimeout(callback, ms)
    return { cancel: () => clearTimeout(timer) }
  },
}

// getRandomValues exists on insecure origins too, unlike crypto.subtle.
export const systemRandomBytes: RandomBytes = (length) => crypto.getRandomValues(new Uint8Array(length))

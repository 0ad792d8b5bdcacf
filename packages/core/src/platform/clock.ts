/** A running timer; `cancel` is idempotent. */
export interface Timer {
  cancel(): void
}

/** Where every layer takes its time from, so that tests run on a simulated one. */
export interface Clock {
  /** Milliseconds from an arbitrary start, never going back. For durations and deadlines. */
  now(): number
  /** Milliseconds since 1970. For what people read. */
  wallTime(): number
  /** Calls `callback` once after `ms` milliseconds. */
  setTimeout(callback: () => void, ms: number): Timer
}

/** Fills nothing, returns `length` unpredictable bytes. */
export type RandomBytes = (length: number) => Uint8Array

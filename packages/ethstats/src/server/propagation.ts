import type { PropagationBin } from '../feed.js'
import { PROPAGATION_BINS, PROPAGATION_SAMPLES } from './limits.js'

/** How the last blocks spread: how many reports came how much later than the first of the same block. */
export class Propagation {
  /** Bins of the last times, oldest first; a ring. */
  readonly #samples: number[] = []
  #next = 0
  readonly #counts: number[] = Array<number>(PROPAGATION_BINS.length + 1).fill(0)
  #view: readonly PropagationBin[] | undefined

  /** @param ms after the first report of the block */
  add(ms: number): void {
    const found = PROPAGATION_BINS.findIndex((upTo) => ms <= upTo)
    const bin = found === -1 ? PROPAGATION_BINS.length : found
    const oldest = this.#samples[this.#next]
    if (oldest !== undefined) this.#counts[oldest]!--
    this.#samples[this.#next] = bin
    this.#counts[bin]!++
    this.#next = (this.#next + 1) % PROPAGATION_SAMPLES
    this.#view = undefined
  }

  clear(): void {
    this.#samples.length = 0
    this.#next = 0
    this.#counts.fill(0)
    this.#view = undefined
  }

  /** The same array until something was added. */
  view(): readonly PropagationBin[] {
    this.#view ??= this.#counts.map((count, i) => {
      const upTo = PROPAGATION_BINS[i]
      return upTo === undefined ? { count } : { upTo, count }
    })
    return this.#view
  }
}

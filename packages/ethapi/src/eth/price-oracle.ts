// What tip gets a transaction into one of the next blocks. Geth: `Oracle.SuggestTipCap`.
import { senderOf } from '@ethspan/chain'
import { equalBytes } from '@ethspan/core'
import { effectiveTip } from '../format/prices.js'
import { PRICE_BLOCKS, PRICE_IGNORE, PRICE_MAX, PRICE_PERCENTILE, PRICE_SAMPLES, PRICE_START } from '../limits.js'
import type { Backend } from './backend.js'
import { readTransactions } from './transactions.js'

const ascending = (a: bigint, b: bigint): number => (a < b ? -1 : Number(a > b))

export class PriceOracle {
  readonly #backend: Backend
  #last: { readonly head: Uint8Array; readonly tip: bigint } | undefined
  #running: { readonly head: Uint8Array; readonly tip: Promise<bigint> } | undefined

  constructor(backend: Backend) {
    this.#backend = backend
  }

  /** Wei per gas. Worked out once for each head. */
  async suggestTip(): Promise<bigint> {
    const { hash, number } = this.#backend.chain.head()
    if (this.#last !== undefined && equalBytes(this.#last.head, hash)) return this.#last.tip
    if (this.#running !== undefined && equalBytes(this.#running.head, hash)) return this.#running.tip
    const running = { head: hash, tip: this.#sample(number) }
    this.#running = running
    try {
      const tip = await running.tip
      this.#last = { head: hash, tip }
      return tip
    } finally {
      if (this.#running === running) this.#running = undefined
    }
  }

  /** The tips of the last blocks. One that tells little counts with the last answer, and makes it look at a further one. */
  async #sample(head: bigint): Promise<bigint> {
    const before = this.#last?.tip ?? PRICE_START
    const tips: bigint[] = []
    let number = head
    for (let left = PRICE_BLOCKS; left > 0 && number > 0n; number--) {
      left--
      const sampled = await this.#tipsOf(number)
      const some = sampled.length === 0 ? [before] : sampled
      if (some.length === 1 && tips.length + 1 + left < PRICE_BLOCKS * 2) left++
      tips.push(...some)
    }
    const tip = tips.sort(ascending)[Math.floor(((tips.length - 1) * PRICE_PERCENTILE) / 100)] ?? before
    return tip > PRICE_MAX ? PRICE_MAX : tip
  }

  /** The lowest few that were paid in a block, without those of whoever proposed it. */
  async #tipsOf(number: bigint): Promise<bigint[]> {
    const block = await this.#backend.chain.block(number)
    if (block === undefined) return []
    const { coinbase, baseFeePerGas } = block.header
    const offers = readTransactions(this.#backend, block)
      .map((tx) => ({ tx, tip: effectiveTip(tx, baseFeePerGas) }))
      .filter(({ tip }) => tip >= PRICE_IGNORE)
      .sort((a, b) => ascending(a.tip, b.tip))
    const tips: bigint[] = []
    for (const { tx, tip } of offers) {
      if (tips.length === PRICE_SAMPLES) break
      if (!equalBytes(senderOf(tx), coinbase)) tips.push(tip)
    }
    return tips
  }
}

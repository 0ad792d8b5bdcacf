import { isAccessList2930Tx, isLegacyTx, type TypedTransaction } from '@ethereumjs/tx'
import type { BySender, PooledTransaction } from '@ethspan/chain'

interface Line {
  readonly sender: string
  readonly transactions: readonly PooledTransaction[]
  /** Which is the next. */
  at: number
  /** What the next gives to whoever makes the block, wei for each gas. */
  tip: bigint
}

/** A pool's transactions for a block: of all that can come next the one that pays best, each sender's in their order. */
export class BestFirst {
  readonly #baseFee: bigint
  /** The best is the last. */
  readonly #lines: Line[] = []

  /** @param baseFee of the block, wei. Whoever pays less waits, with all that come after it. */
  constructor(pending: BySender, baseFee: bigint) {
    this.#baseFee = baseFee
    for (const [sender, transactions] of pending) this.#insert({ sender, transactions, at: 0, tip: 0n })
  }

  /** The best one; the same until `next` or `leave` was called. */
  peek(): PooledTransaction | undefined {
    const line = this.#lines.at(-1)
    return line?.transactions[line.at]
  }

  /** Goes on to the next of the same sender. */
  next(): void {
    const line = this.#lines.pop()
    if (line !== undefined) this.#insert({ ...line, at: line.at + 1 })
  }

  /** Leaves the sender out. */
  leave(): void {
    this.#lines.pop()
  }

  #insert(line: Line): void {
    const tx = line.transactions[line.at]?.tx
    if (tx === undefined) return
    line.tip = tipOf(tx, this.#baseFee)
    if (line.tip < 0n) return
    let [low, high] = [0, this.#lines.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (isBetter(line, this.#lines[middle]!)) low = middle + 1
      else high = middle
    }
    this.#lines.splice(low, 0, line)
  }
}

/** Of two that pay the same, the one whose sender has the lower address: so that the same pool makes the same block. */
const isBetter = (a: Line, b: Line): boolean => (a.tip === b.tip ? a.sender < b.sender : a.tip > b.tip)

/** Negative where it does not pay the base fee. */
function tipOf(tx: TypedTransaction, baseFee: bigint): bigint {
  if (isLegacyTx(tx) || isAccessList2930Tx(tx)) return tx.gasPrice - baseFee
  const most = tx.maxFeePerGas - baseFee
  return most < tx.maxPriorityFeePerGas ? most : tx.maxPriorityFeePerGas
}

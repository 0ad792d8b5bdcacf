import type { BlockView } from '../feed.js'
import { HISTORY_BLOCKS, MAX_FORKS } from './limits.js'
import type { ReportedBlock } from './read-report.js'

/** A block that somebody reported. */
export interface KnownBlock extends ReportedBlock {
  /** Milliseconds since 1970: when it was new here, or where it was old already, when it was made. */
  readonly at: number
  /** By the clock: when it was reported first, where that was news; undefined where it was old. */
  readonly newsAt: number | undefined
}

/** The blocks near the best one, forks among them. */
export class BlockHistory {
  readonly #byHash = new Map<string, KnownBlock>()
  /** Oldest first. */
  readonly #byNumber = new Map<number, KnownBlock[]>()
  #best: KnownBlock | undefined
  #view: readonly BlockView[] | undefined

  get best(): KnownBlock | undefined {
    return this.#best
  }

  get(hash: string): KnownBlock | undefined {
    return this.#byHash.get(hash)
  }

  /** Keeps a block that is near the best one and not known; of one number only the last few. Nothing is near where there is none. */
  add(block: KnownBlock): void {
    if (this.#best !== undefined && this.#reaches(block.number)) this.#keep(block)
  }

  /** Says which block is the best, and forgets what is far from it. */
  setBest(block: KnownBlock): void {
    this.#keep(block)
    this.#best = this.#byHash.get(block.hash)
    for (const [number, siblings] of this.#byNumber) {
      if (this.#reaches(number)) continue
      this.#byNumber.delete(number)
      for (const { hash } of siblings) this.#byHash.delete(hash)
    }
    this.#view = undefined
  }

  clear(): void {
    this.#byHash.clear()
    this.#byNumber.clear()
    this.#best = undefined
    this.#view = undefined
  }

  /** Numbers of blocks that would be drawn and are not known, the highest first. */
  missing(): number[] {
    if (this.#best === undefined) return []
    const known = new Set(this.#chain().map(({ number }) => number))
    const first = Math.max(0, this.#best.number - HISTORY_BLOCKS + 1)
    const numbers = Array.from({ length: this.#best.number - first }, (_, i) => this.#best!.number - 1 - i)
    return numbers.filter((number) => !known.has(number))
  }

  /** The best block and those before it, ascending. The same array until something changed. */
  view(): readonly BlockView[] {
    this.#view ??= this.#chain()
      .map((block) => viewOf(block, this.#parentOf(block)))
      .reverse()
    return this.#view
  }

  /** Whether a block of this number would be kept. Above the best one, too: a head may go back and come again. */
  #reaches(number: number): boolean {
    return Math.abs(number - (this.#best?.number ?? number)) < HISTORY_BLOCKS
  }

  #keep(block: KnownBlock): void {
    if (this.#byHash.has(block.hash)) return
    const siblings = this.#byNumber.get(block.number) ?? []
    siblings.push(block)
    this.#byNumber.set(block.number, siblings)
    this.#byHash.set(block.hash, block)
    this.#view = undefined
    if (siblings.length <= MAX_FORKS) return
    const other = siblings.findIndex(({ hash }) => hash !== this.#best?.hash)
    for (const { hash } of siblings.splice(other, 1)) this.#byHash.delete(hash)
  }

  /** From the best block back, by parents; behind a gap, the last that was reported of each number. */
  #chain(): KnownBlock[] {
    const chain: KnownBlock[] = []
    let child = this.#best
    if (child === undefined) return chain
    chain.push(child)
    for (let number = child.number - 1; number >= 0 && this.#reaches(number); number--) {
      const siblings = this.#byNumber.get(number)
      // Where the block above is known, only its parent will do.
      const above: KnownBlock | undefined = child?.number === number + 1 ? child : undefined
      child = above === undefined ? siblings?.at(-1) : siblings?.find(({ hash }) => hash === above.parentHash)
      if (child !== undefined) chain.push(child)
    }
    return chain
  }

  #parentOf({ number, parentHash }: KnownBlock): KnownBlock | undefined {
    const parent = this.#byHash.get(parentHash)
    return parent?.number === number - 1 ? parent : undefined
  }
}

const viewOf = (block: KnownBlock, parent: KnownBlock | undefined): BlockView => ({
  number: block.number,
  hash: block.hash,
  at: block.at,
  // The genesis block was not made when it says, so the time since it says nothing.
  ...(parent === undefined || parent.number === 0 ? {} : { time: Math.max(0, block.timestamp - parent.timestamp) }),
  gasUsed: block.gasUsed,
  gasLimit: block.gasLimit,
  transactions: block.transactions,
  uncles: block.uncles,
  difficulty: block.difficulty,
})

// From headers that are linked to the chain: blocks are fetched ahead, imported in order, and the head moves on.
import { type BlockId, type BlockImporter, type BlockToKeep, type Chain, chainCommon, verifyBody } from '@ethspan/chain'
import type { BlockFetcher } from './block-fetcher.js'
import type { Path } from './header-sync.js'
import type { Skeleton } from './skeleton.js'

export interface BlockPipeOptions {
  readonly chain: Chain
  readonly importer: BlockImporter
  readonly skeleton: Skeleton
  readonly blocks: BlockFetcher
  /** An import is over. */
  readonly onChange: () => void
}

interface Import {
  readonly last: BlockId
  /** False once one of its blocks is not on the way to the target any more. */
  isWanted: boolean
  outcome: { readonly error?: unknown } | undefined
}

export class BlockPipe {
  readonly #options: BlockPipeOptions
  /** The last block that was handed to the importer, and is not below the skeleton yet. */
  #handed: bigint | undefined
  #import: Import | undefined
  #importing: Promise<void> | undefined
  /** The block that the chain is to begin anew with. */
  #floor: bigint | undefined
  /** What was found wrong with a block while it was fetched. */
  #found: { readonly number: bigint; readonly error: Error } | undefined

  constructor(options: BlockPipeOptions) {
    this.#options = options
  }

  get isImporting(): boolean {
    return this.#importing !== undefined
  }

  /** Resolves when no import runs. */
  async idle(): Promise<void> {
    await this.#importing
  }

  /** Blocks from this number on are not on the way any more. */
  cut(from: bigint): void {
    this.#options.blocks.cut(from)
    if (this.#found !== undefined && this.#found.number >= from) this.#found = undefined
    if (this.#handed === undefined || this.#handed < from) return
    this.#handed = undefined
    if (this.#import !== undefined) this.#import.isWanted = false
  }

  /** What came of this block is right by its header, but the header breaks the rules. */
  found(number: bigint, error: Error): void {
    this.#found ??= { number, error }
    this.#options.onChange()
  }

  /** Has the blocks of the way fetched, as far as there is room for them. */
  async fill(path: Path | undefined): Promise<void> {
    const { skeleton, blocks } = this.#options
    if (path === undefined) return
    const { tail, head } = path.segment
    const last = blocks.last?.number ?? this.#handed
    // The chain went on by itself.
    if (last !== undefined && last < tail - 1n) this.cut(0n)
    const next = last === undefined || last < tail - 1n ? tail : last + 1n
    if (next > head) return
    if (next === tail) this.#floor = path.base === 'floor' ? tail : undefined
    blocks.push(await skeleton.headers(next, blocks.room))
  }

  /** Imports what is complete, unless it still does. */
  start(signal: AbortSignal): void {
    if (this.#import !== undefined) return
    const blocks = this.#options.blocks.take()
    const last = blocks.at(-1)
    if (last === undefined) return
    const { hash, header } = last
    this.#handed = header.number
    const running: Import = { last: { hash, number: header.number }, isWanted: true, outcome: undefined }
    this.#import = running
    this.#importing = this.#run(blocks, signal)
      .then(
        () => {
          running.outcome = {}
        },
        (error: unknown) => {
          running.outcome = { error }
        },
      )
      .finally(() => {
        this.#importing = undefined
        this.#options.onChange()
      })
  }

  /**
   * Takes up what came of an import: moves the head.
   * @throws {EthspanError} what the import threw, or was found wrong with a block of the lowest way; ERR_STATE, ERR_DATA_DIR
   */
  async settle(): Promise<void> {
    const { chain, skeleton } = this.#options
    const found = this.#found
    this.#found = undefined
    if (found !== undefined) throw found.error
    const done = this.#import
    if (done?.outcome === undefined) return
    this.#import = undefined
    if (!done.isWanted) return
    if ('error' in done.outcome) throw done.outcome.error
    const { number, hash } = done.last
    // On another branch the head waits until there is more of it, or all that leads to the target: it never goes back on the way.
    if (number <= chain.head().number && number !== skeleton.top?.head) return
    await chain.setHead(hash)
    await skeleton.consume(number)
    this.#handed = undefined
  }

  async #run(blocks: readonly BlockToKeep[], signal: AbortSignal): Promise<void> {
    const { chain, importer } = this.#options
    const [first, ...others] = blocks
    if (first?.header.number === this.#floor) {
      // Its parent is not there to hold its header to; that it is the right one follows from the target's hash.
      await verifyBody(first.header, first.body, chainCommon(chain.config))
      await chain.rebase(first)
      this.#floor = undefined
      await importer.importBlocks(others, { signal })
    } else await importer.importBlocks(blocks, { signal })
  }
}

// When peers are told which blocks can be asked for: geth's `blockRangeLoop`.
import type { ChainReader } from '@ethspan/chain'
import { RANGE_UPDATE_BLOCKS } from '../limits.js'
import type { BlockRange } from '../messages/block-range.js'
import type { EthPeer } from '../peer.js'

export interface RangeUpdatesOptions {
  readonly chain: Pick<ChainReader, 'head' | 'earliest' | 'addEventListener'>
  /** Those to tell. */
  readonly peers: () => Iterable<EthPeer>
}

/** Tells peers the range every {@link RANGE_UPDATE_BLOCKS} blocks, when the head went back, and when the first block is another. */
export class RangeUpdates {
  readonly #options: RangeUpdatesOptions
  #told: BlockRange
  /** Peers that a message is being written to, and whether another is due after it: a slow one is told the newest only. */
  readonly #writing = new Map<EthPeer, { isDue: boolean }>()

  constructor(options: RangeUpdatesOptions) {
    this.#options = options
    this.#told = this.#range()
  }

  /** Tells until the signal fires. */
  start(signal: AbortSignal): void {
    this.#options.chain.addEventListener('head', () => this.#onHead(), { signal })
  }

  #range(): BlockRange {
    const { chain } = this.#options
    const { number, hash } = chain.head()
    return { earliest: chain.earliest(), latest: number, latestHash: hash }
  }

  #onHead(): void {
    const range = this.#range()
    const { earliest, latest } = this.#told
    const isDue = range.latest < latest || range.latest - latest >= RANGE_UPDATE_BLOCKS || range.earliest !== earliest
    if (!isDue) return
    this.#told = range
    for (const peer of this.#options.peers()) void this.#tell(peer)
  }

  async #tell(peer: EthPeer): Promise<void> {
    const before = this.#writing.get(peer)
    if (before !== undefined) {
      before.isDue = true
      return
    }
    const writing = { isDue: true }
    this.#writing.set(peer, writing)
    try {
      while (writing.isDue) {
        writing.isDue = false
        await peer.sendBlockRange(this.#told)
      }
    } catch {
      // The peer is gone, which others tell.
    } finally {
      this.#writing.delete(peer)
    }
  }
}

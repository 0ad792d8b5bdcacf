// What peers say they have and this node has not, from the first announcement until it is here.
import type { Hash } from '@ethspan/chain'
import { MAX_TX_ANNOUNCES } from '../limits.js'

/** What one peer said of a transaction. */
export interface AnnouncedMeta {
  readonly type: number
  /** Bytes. */
  readonly size: number
}

/**
 * Where a transaction stands, as in geth's `TxFetcher`:
 * - `waiting`: may still come whole without being asked for.
 * - `queued`: to be asked for.
 * - `fetching`: asked for, of one peer.
 */
export type Stage = 'waiting' | 'queued' | 'fetching'

export interface Tracked {
  readonly key: string
  readonly hash: Hash
  stage: Stage
  /** From when it waits, milliseconds by the fetcher's clock. */
  readonly since: number
  /** Who has it, in the order in which they said so. Never empty. */
  readonly origins: Map<string, AnnouncedMeta>
  /** Who was asked for it. */
  from: string | undefined
}

/** What one peer announced, in the order in which it did. */
export type OfPeer = ReadonlyMap<string, Tracked>

const NOTHING: OfPeer = new Map()

/** Each transaction once, and each under every peer that announced it. */
export class Announcements {
  readonly #tracked = new Map<string, Tracked>()
  readonly #peers = new Map<string, Map<string, Tracked>>()

  get size(): number {
    return this.#tracked.size
  }

  get(key: string): Tracked | undefined {
    return this.#tracked.get(key)
  }

  all(): Iterable<Tracked> {
    return this.#tracked.values()
  }

  of(peer: string): OfPeer {
    return this.#peers.get(peer) ?? NOTHING
  }

  /**
   * Notes that a peer has a transaction. Undefined where that peer has said so already, which counts once whatever it says the
   * second time, or where it has announced too much.
   */
  add(peer: string, key: string, hash: Hash, meta: AnnouncedMeta, since: number): Tracked | undefined {
    const ofPeer = this.#peers.get(peer) ?? new Map<string, Tracked>()
    if (ofPeer.has(key) || ofPeer.size >= MAX_TX_ANNOUNCES) return undefined
    let tracked = this.#tracked.get(key)
    if (tracked === undefined) {
      tracked = { key, hash, stage: 'waiting', since, origins: new Map(), from: undefined }
      this.#tracked.set(key, tracked)
    }
    tracked.origins.set(peer, meta)
    ofPeer.set(key, tracked)
    this.#peers.set(peer, ofPeer)
    return tracked
  }

  /** The peer does not have it after all. Where nobody else does, it is forgotten. */
  removeOrigin(tracked: Tracked, peer: string): void {
    this.#leave(tracked, peer)
    tracked.origins.delete(peer)
    if (tracked.origins.size === 0) this.#tracked.delete(tracked.key)
  }

  forget(tracked: Tracked): void {
    for (const peer of tracked.origins.keys()) this.#leave(tracked, peer)
    this.#tracked.delete(tracked.key)
  }

  #leave({ key }: Tracked, peer: string): void {
    const ofPeer = this.#peers.get(peer)
    ofPeer?.delete(key)
    if (ofPeer?.size === 0) this.#peers.delete(peer)
  }
}

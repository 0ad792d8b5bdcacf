// Finds the header of a target of which only the hash is known.
import { type Hash, headerHash } from '@ethspan/chain'
import { bytesToHex, equalBytes } from '@ethspan/core'
import { MAX_TARGET_LOOKUPS } from '../limits.js'
import type { PeerSet } from '../peers/peer-set.js'
import type { RatedPeer } from '../peers/rated-peer.js'
import { answerFault, headersQuestion } from './header-fetcher.js'
import type { HashedHeader } from './skeleton-store.js'

export interface TargetLookupOptions {
  readonly peers: PeerSet
  /** Something has come, or has come to nothing. */
  readonly onChange: () => void
}

export class TargetLookup {
  readonly #options: TargetLookupOptions
  #hash: Hash | undefined
  #found: HashedHeader | undefined
  readonly #underWay = new Set<RatedPeer>()

  constructor(options: TargetLookupOptions) {
    this.#options = options
  }

  /** Somebody is asked. */
  get isBusy(): boolean {
    return this.#underWay.size > 0
  }

  /** The header of this block, once a peer has told it. Until then peers are asked, a few at a time. */
  find(hash: Hash): HashedHeader | undefined {
    if (this.#hash === undefined || !equalBytes(this.#hash, hash)) {
      this.#hash = hash
      this.#found = undefined
    }
    if (this.#found !== undefined) return this.#found
    for (const peer of this.#options.peers.values()) {
      if (this.#underWay.size >= MAX_TARGET_LOOKUPS) break
      if (peer.isFree('headers') && !this.#underWay.has(peer)) void this.#ask(peer, hash)
    }
    return undefined
  }

  async #ask(peer: RatedPeer, hash: Hash): Promise<void> {
    const { peers, onChange } = this.#options
    this.#underWay.add(peer)
    const headers = await peers.ask(peer, headersQuestion(hash, 1, { isGuess: true }))
    this.#underWay.delete(peer)
    const [first] = (headers ?? []).map((header) => ({ hash: headerHash(header), header }))
    const fault = answerFault(first === undefined ? [] : [first], hash)
    if (fault !== undefined) peers.endBad(peer, fault, { hash: `0x${bytesToHex(hash)}` })
    else if (this.#hash !== undefined && equalBytes(this.#hash, hash)) this.#found ??= first
    onChange()
  }
}

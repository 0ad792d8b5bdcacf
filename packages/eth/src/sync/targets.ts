// What is to be followed: a target is told, then its header is looked for, then it is a goal.
import { type ChainReader, decodeHeader, headerHash, type SyncTarget } from '@ethspan/chain'
import { bytesToHex, equalBytes } from '@ethspan/core'
import type { PeerSet } from '../peers/peer-set.js'
import type { HashedHeader } from './skeleton-store.js'
import { TargetLookup } from './target-lookup.js'

export interface FollowTarget extends SyncTarget {
  /** Whoever tells it has led the chain to where it is, and is followed back as far as it goes. Default false. */
  readonly mayGoBack?: boolean
}

/** What is being fetched: a target whose header is known. */
export interface Goal extends HashedHeader {
  readonly target: FollowTarget
}

export interface TargetsOptions {
  readonly chain: Pick<ChainReader, 'header'>
  readonly peers: PeerSet
  /** A target was told, or its header has come, or has come to nothing. */
  readonly onChange: () => void
}

export class Targets {
  readonly #options: TargetsOptions
  readonly #lookup: TargetLookup
  /** Told, and not looked at yet. */
  #told: FollowTarget | undefined
  /** Its header is being looked for, or it is not decided yet what becomes of it. */
  #sought: FollowTarget | undefined

  constructor(options: TargetsOptions) {
    this.#options = options
    this.#lookup = new TargetLookup(options)
  }

  /** The newest one that is no goal yet. */
  get newest(): FollowTarget | undefined {
    return this.#told ?? this.#sought
  }

  set(target: FollowTarget): void {
    this.#told = target
    this.#options.onChange()
  }

  /** The newest one, once its header is known; the same again until it is `done`. */
  async next(): Promise<Goal | undefined> {
    this.#sought = this.#told ?? this.#sought
    this.#told = undefined
    const target = this.#sought
    if (target === undefined) return undefined
    const found = await this.#headerOf(target)
    if (found === undefined || this.#told !== undefined) return undefined
    return { ...found, target: { ...target, header: found.header } }
  }

  /** It is decided what becomes of it. */
  done(): void {
    this.#sought = undefined
  }

  /** What no connected peer has, in words; undefined where that is not so. */
  get waitsFor(): string | undefined {
    if (this.#sought === undefined || this.#lookup.isBusy) return undefined
    return `a peer that has the header of the target 0x${bytesToHex(this.#sought.hash)}`
  }

  async #headerOf({ hash, header }: FollowTarget): Promise<HashedHeader | undefined> {
    if (header !== undefined && equalBytes(headerHash(header), hash)) return { hash, header }
    const raw = await this.#options.chain.header(hash)
    return raw === undefined ? this.#lookup.find(hash) : { hash, header: decodeHeader(raw) }
  }
}

// Whom this node believes about the head of the chain, and what it makes of that.

import type { ChainReader, Hash, Header, HeadSource, SyncTarget } from '@ethspan/chain'
import { type Clock, Enode, EthspanError, equalBytes } from '@ethspan/core'
import { UNPROVEN_HEAD_MS } from '../limits.js'
import type { FollowTarget } from '../sync/targets.js'

export interface HeadFollowerOptions {
  readonly chain: Pick<ChainReader, 'head'>
  readonly clock: Pick<Clock, 'now'>
  /** Hash of a block that is on the right chain: followed until it is reached. */
  readonly checkpoint?: Hash
  /** Node ids, or URLs of nodes, whose word is taken for the head. */
  readonly trustedHeads?: readonly string[]
  /** What is followed now, with its header as soon as that is known. */
  readonly target: () => SyncTarget | undefined
  readonly setTarget: (target: FollowTarget) => void
  /** Who set the last target. */
  readonly lastSource: () => HeadSource | undefined
}

/** A head as a trusted peer told it. */
interface ToldHead {
  readonly peer: string
  readonly hash: Hash
  readonly number?: bigint
  readonly header?: Header
}

/**
 * The consensus client goes before all: once it has spoken, no peer is believed. A checkpoint comes before the peers, too: what
 * they say waits until it is reached. Of several trusted peers one leads; another one's head is followed if it is higher, so
 * that one that is behind, or on a branch of its own, does not draw the chain to and fro. A height that nobody shows a header
 * for counts for {@link UNPROVEN_HEAD_MS} only, and of one whose head can't be followed the next best takes the place.
 */
export class HeadFollower {
  readonly #options: HeadFollowerOptions
  readonly #trusted: Set<string>
  #checkpoint: Hash | undefined
  /** What each trusted peer that is connected told last. */
  readonly #told = new Map<string, ToldHead>()
  #leader: string | undefined
  /** What was followed last, and since when: the number of a head is known before its header is. */
  #followed: { readonly head: ToldHead; readonly since: number } | undefined
  /** Whose head was reached last: it may go back. It is remembered while it is away. */
  #ledBy: string | undefined

  /** @throws {EthspanError} ERR_INVALID_OPTION */
  constructor(options: HeadFollowerOptions) {
    this.#options = options
    const { checkpoint, trustedHeads = [] } = options
    if (checkpoint !== undefined && checkpoint.length !== 32) {
      throw new EthspanError('ERR_INVALID_OPTION', `a checkpoint is a hash of 32 bytes, not of ${checkpoint.length}`)
    }
    this.#checkpoint = checkpoint
    this.#trusted = new Set(trustedHeads.map(nodeId))
  }

  /** Node ids, or URLs, to be believed from now on. @throws {EthspanError} ERR_INVALID_OPTION */
  trust(nodes: readonly string[]): void {
    for (const node of nodes) this.#trusted.add(nodeId(node))
  }

  trusts(id: string): boolean {
    return this.#trusted.has(id)
  }

  /** To be called once the chain can be synced. */
  start(): void {
    if (this.#checkpoint !== undefined) this.#options.setTarget({ hash: this.#checkpoint, source: 'checkpoint' })
  }

  /** A target was reached. */
  onReached({ hash }: SyncTarget): void {
    const followed = this.#followed?.head
    if (followed !== undefined && equalBytes(followed.hash, hash)) this.#ledBy = followed.peer
    this.#passCheckpoint(hash)
  }

  /** A target can't be reached: whoever told it is not followed there. */
  onFailed({ hash }: SyncTarget): void {
    for (const [peer, head] of this.#told) {
      if (!equalBytes(head.hash, hash)) continue
      this.#told.delete(peer)
      if (this.#leader === peer) this.#leader = undefined
    }
    this.#passCheckpoint(hash)
    if (this.#leader === undefined) this.#followBest()
  }

  /** A peer told its head. */
  told(head: ToldHead): void {
    if (!this.#trusted.has(head.peer)) return
    this.#told.set(head.peer, head)
    if (this.#checkpoint === undefined) this.#follow(head)
  }

  /** A peer is gone. */
  left(peer: string): void {
    this.#told.delete(peer)
    if (this.#leader !== peer) return
    this.#leader = undefined
    this.#followBest()
  }

  /** Then the peers have their turn. */
  #passCheckpoint(reached: Hash): void {
    if (this.#checkpoint === undefined || !equalBytes(reached, this.#checkpoint)) return
    this.#checkpoint = undefined
    this.#followBest()
  }

  /** The highest of what the peers told last, if it is higher than the chain. */
  #followBest(): void {
    if (this.#checkpoint !== undefined) return
    let best: ToldHead | undefined
    for (const head of this.#told.values()) if (isNewer(head, best?.number ?? 0n)) best = head
    if (best !== undefined && isNewer(best, this.#options.chain.head().number)) this.#follow(best)
  }

  #follow(head: ToldHead): void {
    const { target, setTarget, lastSource, chain, clock } = this.#options
    if (lastSource() === 'engine') return
    const current = target()
    const isLed = this.#leader === undefined || this.#leader === head.peer
    if (!isLed && !isNewer(head, this.#heightOf(current))) return
    this.#leader = head.peer
    if (equalBytes(current?.hash ?? chain.head().hash, head.hash)) return
    this.#followed = { head, since: clock.now() }
    const { hash, header, peer } = head
    setTarget({
      hash,
      ...(header === undefined ? {} : { header }),
      source: 'trusted-peer',
      ...(peer === this.#ledBy ? { mayGoBack: true } : {}),
    })
  }

  /** How high the chain will be. */
  #heightOf(current: SyncTarget | undefined): bigint {
    const { chain, clock } = this.#options
    if (current === undefined) return chain.head().number
    const { head, since = 0 } = this.#followed ?? {}
    const isTold = head !== undefined && equalBytes(head.hash, current.hash)
    const told = isTold && clock.now() - since < UNPROVEN_HEAD_MS ? head.number : undefined
    return current.header?.number ?? told ?? chain.head().number
  }
}

/** Of a peer of eth/68 the number is not known: its head may be newer. */
const isNewer = ({ number }: ToldHead, than: bigint): boolean => number === undefined || number > than

/** @throws {EthspanError} ERR_INVALID_OPTION */
function nodeId(node: string): string {
  if (/^[0-9a-f]{64}$/i.test(node)) return node.toLowerCase()
  try {
    return Enode.parse(node).id
  } catch (cause) {
    throw new EthspanError(
      'ERR_INVALID_OPTION',
      `whose head is trusted must be a node id or a node's URL, not ${node}`,
      {
        cause,
        hint: 'A node id has 64 hexadecimal digits; admin.nodeInfo shows both.',
      },
    )
  }
}

// Whom this node believes about the head of the chain, and what it makes of that.

import type { ChainReader, Hash, Header, HeadSource, SyncTarget } from '@ethspan/chain'
import { Enode, EthspanError, equalBytes } from '@ethspan/core'

export interface HeadFollowerOptions {
  readonly chain: Pick<ChainReader, 'head'>
  /** Hash of a block that is on the right chain: followed until it is reached. */
  readonly checkpoint?: Hash
  /** Node ids, or URLs of nodes, whose word is taken for the head. */
  readonly trustedHeads?: readonly string[]
  /** What is followed now. */
  readonly target: () => SyncTarget | undefined
  readonly setTarget: (target: SyncTarget) => void
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
 * that one that is behind, or on a branch of its own, does not draw the chain to and fro.
 */
export class HeadFollower {
  readonly #options: HeadFollowerOptions
  readonly #trusted: Set<string>
  #checkpoint: Hash | undefined
  #leader: string | undefined
  /** What was followed last: the number of a head is known before its header is. */
  #followed: ToldHead | undefined
  /** What the peers said while the checkpoint was not reached. */
  #waiting: ToldHead | undefined

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

  /** A target was reached, or can't be: then the peers have their turn. */
  onDone(target: SyncTarget): void {
    if (this.#checkpoint === undefined || !equalBytes(target.hash, this.#checkpoint)) return
    this.#checkpoint = undefined
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting !== undefined) this.#follow(waiting)
  }

  /** A peer told its head. */
  told(head: ToldHead): void {
    if (!this.#trusted.has(head.peer)) return
    if (this.#checkpoint !== undefined) {
      if (this.#isNewer(head, this.#waiting?.number ?? 0n)) this.#waiting = head
      return
    }
    this.#follow(head)
  }

  /** A peer is gone. */
  left(peer: string): void {
    if (this.#leader === peer) this.#leader = undefined
  }

  #follow(head: ToldHead): void {
    const { target, setTarget, lastSource, chain } = this.#options
    if (lastSource() === 'engine') return
    const current = target()
    const followed =
      current && this.#followed && equalBytes(this.#followed.hash, current.hash) ? this.#followed : undefined
    const best = current?.header?.number ?? followed?.number ?? chain.head().number
    const isLed = this.#leader === undefined || this.#leader === head.peer
    if (!isLed && !this.#isNewer(head, best)) return
    this.#leader = head.peer
    if (equalBytes(current?.hash ?? chain.head().hash, head.hash)) return
    this.#followed = head
    const { hash, header } = head
    setTarget({ hash, ...(header === undefined ? {} : { header }), source: 'trusted-peer' })
  }

  /** Of a peer of eth/68 the number is not known: its head may be newer. */
  #isNewer({ number }: ToldHead, than: bigint): boolean {
    return number === undefined || number > than
  }
}

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

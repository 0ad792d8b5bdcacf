// The protocol `head/1`, specified in docs/head-protocol.md: new heads at once, for whoever asked for them.
import type { ChainHead, ChainReader } from '@ethspan/chain'
import { type Clock, equalBytes, type MsgReadWriter, type Peer, type Protocol, TokenBucket } from '@ethspan/core'
import { Doorbell } from '../doorbell.js'
import { HEAD_READ_RATE, HEAD_SEND_RATE } from '../limits.js'
import { checkFollow, decodeHead, encodeFollow, encodeHead, HeadMsg, headBreach, type ToldHead } from './messages.js'

export interface HeadProtocolOptions {
  readonly chain: Pick<ChainReader, 'head' | 'addEventListener'>
  /** Whether this node wants to be told the heads of the peer with this id. Asked when it connects. */
  readonly follows: (id: string) => boolean
  /** A peer that is followed told its head. Its word is all there is. */
  readonly onHead: (peer: Peer, head: ToldHead) => void
  readonly clock: Clock
}

/** A peer that speaks `head/1`. */
interface Neighbour {
  readonly bell: Doorbell
  /** It asked for our heads. */
  isFollower: boolean
  /** We want its heads. */
  wanted: boolean
  /** We have said so. */
  asked: boolean
}

/** Tells every follower the chain's head, and the service what those say that this node follows. */
export class HeadProtocol {
  readonly protocol: Protocol
  readonly #options: HeadProtocolOptions
  readonly #neighbours = new Map<string, Neighbour>()

  constructor(options: HeadProtocolOptions) {
    this.#options = options
    this.protocol = { name: 'head', version: 1, length: 2, run: (peer, rw) => this.#run(peer, rw) }
  }

  /** Tells heads as they come, until the signal fires. */
  start(signal: AbortSignal): void {
    const tell = () => {
      for (const { bell } of this.#neighbours.values()) bell.ring()
    }
    this.#options.chain.addEventListener('head', tell, { signal })
  }

  /** Looks again at whom this node follows. One that is followed once is followed as long as it is connected. */
  refresh(): void {
    for (const [id, neighbour] of this.#neighbours) {
      if (neighbour.wanted || !this.#options.follows(id)) continue
      neighbour.wanted = true
      neighbour.bell.ring()
    }
  }

  async #run(peer: Peer, rw: MsgReadWriter): Promise<void> {
    const { clock, follows } = this.#options
    const over = new AbortController()
    const neighbour = { bell: new Doorbell(clock), isFollower: false, wanted: follows(peer.id), asked: false }
    this.#neighbours.set(peer.id, neighbour)
    try {
      await Promise.race([this.#readAll(peer, rw, neighbour, over.signal), this.#tell(rw, neighbour, over.signal)])
    } finally {
      over.abort()
      if (this.#neighbours.get(peer.id) === neighbour) this.#neighbours.delete(peer.id)
    }
  }

  async #readAll(peer: Peer, rw: MsgReadWriter, neighbour: Neighbour, signal: AbortSignal): Promise<void> {
    const { clock, onHead } = this.#options
    const pace = new TokenBucket(HEAD_READ_RATE, clock)
    const pause = new Doorbell(clock)
    for await (const { code, payload } of rw) {
      for (let ms = pace.wait(); ms > 0 && !signal.aborted; ms = pace.wait()) await pause.wait(signal, ms)
      pace.tryTake()
      if (code === HeadMsg.Follow) {
        checkFollow(payload)
        if (neighbour.isFollower) throw headBreach('sent a second Follow')
        neighbour.isFollower = true
        neighbour.bell.ring()
      } else {
        if (code !== HeadMsg.Head) throw headBreach(`sent the unknown message code ${code}`)
        if (!neighbour.asked) throw headBreach('told its head to a node that does not follow it')
        onHead(peer, decodeHead(payload))
      }
    }
  }

  /** One message at a time: of heads that follow each other faster than the peer reads them it is told the newest. */
  async #tell(rw: MsgReadWriter, neighbour: Neighbour, signal: AbortSignal): Promise<void> {
    const { chain, clock } = this.#options
    const pace = new TokenBucket(HEAD_SEND_RATE, clock)
    let told: ChainHead | undefined
    while (!signal.aborted) {
      if (neighbour.wanted && !neighbour.asked) {
        neighbour.asked = true
        await rw.write(HeadMsg.Follow, encodeFollow(), { signal })
      }
      const head = chain.head()
      const isNews = neighbour.isFollower && (told === undefined || !equalBytes(told.hash, head.hash))
      const ms = pace.wait()
      if (isNews && ms === 0) {
        pace.tryTake()
        told = head
        await rw.write(HeadMsg.Head, encodeHead(head.header), { signal })
      } else {
        await neighbour.bell.wait(signal, isNews ? ms : undefined)
      }
    }
  }
}

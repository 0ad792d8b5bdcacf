// The protocol `chat/1`, specified in docs/chat-protocol.md: signed messages, flooded from peer to peer.
import {
  bytesToHex,
  type Clock,
  checkPrivateKey,
  Emitter,
  EthspanError,
  hexToBytes,
  keccak256,
  type MsgReader,
  type MsgReadWriter,
  type MsgWriter,
  type Peer,
  type Protocol,
  publicKeyOf,
  type Rate,
  systemClock,
  TokenBucket,
  verify,
} from '@ethspan/core'
import { sideBySide } from '../side-by-side.js'
import { takeInTurn } from '../take-in-turn.js'
import { cleanText, cutText } from '../text.js'
import { Wakeup } from '../wakeup.js'
import {
  breach,
  ChatMsg,
  chatLimits,
  decodeHistory,
  decodeMessage,
  type SignedMessage,
  signMessage,
  toRlp,
} from './messages.js'

/** What this node takes of one author, in whatever way it comes. Faster than anyone types. */
const originRate: Rate = { capacity: 10, refillPerSecond: 1 }
/** What this node's own user may send: less than others take of one author, so that nothing sent is lost. */
const ownRate: Rate = { capacity: 5, refillPerSecond: 0.5 }
/** What this node reads from one peer. Each message costs a signature to check; a faster peer fills its queue, which core bounds. */
const readRate: Rate = { capacity: 100, refillPerSecond: 20 }
/** What this node passes on to one peer: less than that one reads. */
const writeRate: Rate = { capacity: 60, refillPerSecond: 15 }

/** A message as the chat shows it; text and name are cleaned by {@link cleanText}. */
export interface ChatMessage {
  /** What was signed, hashed: 64 hex digits, the same everywhere. */
  readonly id: string
  /** The author's node id. The signature proves it. */
  readonly origin: string
  /** What the author calls itself. Anyone can take any name. */
  readonly name: string
  readonly text: string
  /** Milliseconds since 1970, by the author's clock. */
  readonly sentAt: number
  /** Milliseconds since 1970, by this node's clock. */
  readonly receivedAt: number
  /** Id of the peer it came from; undefined for this node's own. */
  readonly via: string | undefined
  /** Whether it was said before this node came to the chat. */
  readonly isHistory: boolean
}

/** Somebody said something, this node's own messages included. */
export class ChatMessageEvent extends Event {
  readonly message: ChatMessage
  constructor(message: ChatMessage) {
    super('message')
    this.message = message
  }
}

export interface ChatOptions {
  /** The node's key, 32 bytes or 64 hex digits. It signs what is sent. */
  readonly privateKey: Uint8Array | string
  /** What the author is called; cut to {@link chatLimits.nameBytes}. Default: none. */
  readonly name?: string
  readonly clock?: Clock
}

interface Kept {
  readonly signed: SignedMessage
  readonly shown: ChatMessage
}

interface Neighbour {
  readonly id: string
  readonly wakeup: Wakeup
  readonly outbox: SignedMessage[]
}

/**
 * The protocol `chat/1`: everybody who shares it, directly or over others, hears everybody.
 *
 * ```ts
 * const chat = new Chat({ privateKey, name: 'alice' })
 * const server = new Server({ privateKey, …, protocols: [chat.protocol] })
 * chat.addEventListener('message', ({ message }) => console.log(message.name, message.text))
 * chat.send('hello')
 * ```
 */
export class Chat extends Emitter<{ message: ChatMessageEvent }> {
  readonly protocol: Protocol
  readonly #privateKey: Uint8Array
  readonly #publicKey: Uint8Array
  readonly #clock: Clock
  readonly #ownBucket: TokenBucket
  readonly #neighbours = new Set<Neighbour>()
  readonly #seen = new Set<string>()
  readonly #origins = new Map<string, TokenBucket>()
  /** Oldest first, at most {@link chatLimits.history}. */
  #kept: Kept[] = []
  #name = ''

  /** @throws {EthspanError} ERR_INVALID_KEY */
  constructor(options: ChatOptions) {
    super()
    this.#privateKey = checkPrivateKey(options.privateKey)
    this.#publicKey = publicKeyOf(this.#privateKey)
    this.#clock = options.clock ?? systemClock
    this.#ownBucket = new TokenBucket(ownRate, this.#clock)
    this.name = options.name ?? ''
    this.protocol = {
      name: 'chat',
      version: 1,
      length: 2,
      run: (peer, rw) => this.#run(peer, rw),
      nodeInfo: () => ({ neighbours: this.#neighbours.size, history: this.#kept.length }),
    }
  }

  /** What this node's messages are signed with as their author's name. */
  get name(): string {
    return this.#name
  }

  set name(name: string) {
    this.#name = cutText(cleanText(name), chatLimits.nameBytes)
  }

  /** The last messages, by the time they were sent, oldest first. */
  get history(): readonly ChatMessage[] {
    return this.#kept.map(({ shown }) => shown)
  }

  /** Peers that share the chat. */
  get neighbours(): number {
    return this.#neighbours.size
  }

  /**
   * Says `text` to everybody and returns the message, which `message` events tell of as well. Nobody confirms that it
   * arrived; who joins later finds it in the history.
   * @throws {EthspanError} ERR_INVALID_OPTION for a text without visible characters, ERR_MESSAGE_TOO_BIG for one with more
   * than {@link chatLimits.textCharacters}, ERR_STATE when this node says too much in too short a time.
   */
  send(text: string): ChatMessage {
    const clean = cleanText(text)
    const length = [...clean].length
    if (length === 0) throw new EthspanError('ERR_INVALID_OPTION', 'the message is empty')
    if (length > chatLimits.textCharacters) {
      throw new EthspanError(
        'ERR_MESSAGE_TOO_BIG',
        `the message has ${length} characters, ${chatLimits.textCharacters} are allowed`,
      )
    }
    const wait = this.#ownBucket.wait()
    if (!this.#ownBucket.tryTake()) {
      const hint = `Wait ${Math.ceil(wait / 1000)} s.`
      throw new EthspanError('ERR_STATE', 'too many messages in a short time', { fields: { wait }, hint })
    }
    const signed = signMessage(this.#privateKey, this.#publicKey, this.#clock.wallTime(), this.#name, clean)
    this.#remember(signed.id)
    const message = this.#show(signed, undefined, false)
    this.#flood(signed, undefined)
    return message
  }

  // ---- one peer ----

  async #run(peer: Peer, rw: MsgReadWriter): Promise<void> {
    const neighbour: Neighbour = { id: peer.id, wakeup: new Wakeup(), outbox: [] }
    // In one step, so that each message is either in this history or put into the outbox.
    this.#neighbours.add(neighbour)
    const history = this.#kept.filter(({ signed }) => this.#isTimely(signed)).map(({ signed }) => signed)
    try {
      await sideBySide(
        peer,
        (signal) => this.#read(neighbour, rw, signal),
        (signal) => this.#write(neighbour, history, rw, signal),
      )
    } finally {
      this.#neighbours.delete(neighbour)
    }
  }

  async #write(
    neighbour: Neighbour,
    history: readonly SignedMessage[],
    rw: MsgWriter,
    signal: AbortSignal,
  ): Promise<void> {
    const bucket = new TokenBucket(writeRate, this.#clock)
    if (history.length > 0) {
      await takeInTurn(bucket, history.length, this.#clock, signal)
      await rw.send(ChatMsg.History, history.map(toRlp), { signal })
    }
    while (!signal.aborted) {
      await neighbour.wakeup.wait(signal)
      while (neighbour.outbox.length > 0) {
        if (!(await takeInTurn(bucket, 1, this.#clock, signal))) return
        await rw.send(ChatMsg.Message, toRlp(neighbour.outbox.shift()!), { signal })
      }
    }
  }

  async #read(neighbour: Neighbour, rw: MsgReader, signal: AbortSignal): Promise<void> {
    const bucket = new TokenBucket(readRate, this.#clock)
    let isFirst = true
    for await (const { code, payload } of rw) {
      if (code === ChatMsg.History) {
        if (!isFirst) throw breach('sent a history that is not its first message')
        const history = decodeHistory(payload)
        if (!(await takeInTurn(bucket, history.length, this.#clock, signal))) return
        for (const signed of history) this.#receive(signed, neighbour, true)
      } else {
        if (!(await takeInTurn(bucket, 1, this.#clock, signal))) return
        this.#receive(decodeMessage(code, payload), neighbour, false)
      }
      isFirst = false
    }
  }

  // ---- one message ----

  #receive(signed: SignedMessage, from: Neighbour, isHistory: boolean): void {
    // The cheap questions first: what was seen or is stale costs no signature check.
    if (this.#seen.has(signed.id) || !this.#isTimely(signed)) return
    if (!verify(hexToBytes(signed.id), signed.signature, signed.publicKey)) {
      throw breach('passed on a message whose signature is wrong')
    }
    this.#remember(signed.id)
    // A history holds what its author said over hours; its size bounds it.
    if (!isHistory && !this.#bucketOf(signed.publicKey).tryTake()) return
    if (cleanText(signed.text) === '') return
    this.#show(signed, from.id, isHistory)
    // A history is told to this node alone: to flood it would make every newcomer everybody's business.
    if (!isHistory) this.#flood(signed, from)
  }

  #show(signed: SignedMessage, via: string | undefined, isHistory: boolean): ChatMessage {
    const shown: ChatMessage = {
      id: signed.id,
      origin: bytesToHex(keccak256(signed.publicKey)),
      name: cleanText(signed.name),
      text: cleanText(signed.text),
      sentAt: signed.time,
      receivedAt: this.#clock.wallTime(),
      via,
      isHistory,
    }
    this.#kept = [...this.#kept, { signed, shown }]
      .sort((a, b) => a.signed.time - b.signed.time)
      .slice(-chatLimits.history)
    this.emit(new ChatMessageEvent(shown))
    return shown
  }

  #flood(signed: SignedMessage, from: Neighbour | undefined): void {
    for (const neighbour of this.#neighbours) {
      if (neighbour.id === from?.id) continue
      neighbour.outbox.push(signed)
      if (neighbour.outbox.length > chatLimits.outbox) neighbour.outbox.shift()
      neighbour.wakeup.notify()
    }
  }

  #isTimely({ time }: SignedMessage): boolean {
    const now = this.#clock.wallTime()
    return time >= now - chatLimits.maxAge && time <= now + chatLimits.maxAhead
  }

  #remember(id: string): void {
    this.#seen.add(id)
    if (this.#seen.size > chatLimits.seen) this.#seen.delete(this.#seen.values().next().value!)
  }

  /** The least recently used is forgotten first; who comes back later has a full bucket, as everybody new has. */
  #bucketOf(publicKey: Uint8Array): TokenBucket {
    const key = bytesToHex(publicKey)
    const bucket = this.#origins.get(key) ?? new TokenBucket(originRate, this.#clock)
    this.#origins.delete(key)
    this.#origins.set(key, bucket)
    if (this.#origins.size > chatLimits.origins) this.#origins.delete(this.#origins.keys().next().value!)
    return bucket
  }
}

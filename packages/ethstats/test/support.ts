// A chain, a pool and sockets as small as the tests need them.
import {
  type Block,
  type ChainEventMap,
  type ChainHead,
  type ChainReader,
  decodeBody,
  decodeHeader,
  encodeBody,
  encodeHeader,
  HeadEvent,
  type HeaderFields,
  headerHash,
  PoolAddEvent,
  type PoolEventMap,
  type TransactionPool,
} from '@ethspan/chain'
import { testHeader } from '@ethspan/chain/testing'
import { bytesToHex, Emitter, encodeRlp } from '@ethspan/core'
import type { StatsSocket, StatsSocketHandler } from '../src/index.js'

export const SECRET = 'hush'
export const CHAIN_ID = 1337n

const zeros = (length: number) => new Uint8Array(length)

/** Fields that nobody looks at here are zero. */
export function makeBlock(fields: Partial<HeaderFields>, transactions = 0, uncles: readonly Block[] = []): Block {
  const header = decodeHeader(
    encodeHeader(
      testHeader({
        coinbase: zeros(20).fill(0xcb),
        gasLimit: 30_000_000n,
        gasUsed: BigInt(transactions) * 21_000n,
        baseFeePerGas: 7n,
        ...fields,
      }),
    ),
  )
  const legacy = (nonce: number) => encodeRlp([nonce, 1, 21_000, zeros(20), 0, zeros(0), 27, zeros(32), zeros(32)])
  const body = decodeBody(
    encodeBody({
      transactions: Array.from({ length: transactions }, (_, i) => ({ type: 0, bytes: legacy(i) })),
      uncles: uncles.map((uncle) => uncle.header),
    }),
  )
  return { hash: headerHash(header), header, body }
}

const headOf = ({ hash, header }: Block): ChainHead => ({ hash, header, number: header.number, time: header.time })

/** A chain that grows block by block; of `headersOnly` it has no bodies. */
export class FakeChain extends Emitter<ChainEventMap> {
  readonly networkId = CHAIN_ID
  readonly blocks: Block[]
  readonly headersOnly: boolean

  constructor(length = 1, { headersOnly = false, startTime = 1_704_067_200n } = {}) {
    super()
    this.headersOnly = headersOnly
    this.blocks = [makeBlock({ time: startTime })]
    while (this.blocks.length < length) this.#append(0)
  }

  /** The part of it that a reporter uses. */
  get reader(): ChainReader {
    return this as unknown as ChainReader
  }

  head = (): ChainHead => headOf(this.blocks.at(-1)!)

  grow(transactions = 0): Block {
    const block = this.#append(transactions)
    this.emit(new HeadEvent(this.head(), [this.head()], []))
    return block
  }

  async block(at: bigint | Uint8Array): Promise<Block | undefined> {
    return this.headersOnly ? undefined : this.#find(at)
  }

  async header(at: bigint | Uint8Array): Promise<Uint8Array | undefined> {
    return this.#find(at)?.header.raw
  }

  #find(at: bigint | Uint8Array): Block | undefined {
    if (typeof at === 'bigint') return this.blocks[Number(at)]
    return this.blocks.find(({ hash }) => bytesToHex(hash) === bytesToHex(at))
  }

  #append(transactions: number): Block {
    const parent = this.blocks.at(-1)!
    const number = parent.header.number + 1n
    const block = makeBlock({ number, parentHash: parent.hash, time: parent.header.time + 12n }, transactions)
    this.blocks.push(block)
    return block
  }
}

export class FakePool extends Emitter<PoolEventMap> {
  pending = 0

  get reader(): TransactionPool {
    return this as unknown as TransactionPool
  }

  counts = () => ({ pending: this.pending, queued: 0, bytes: 0 })

  add(count = 1): void {
    this.pending += count
    this.emit(new PoolAddEvent([]))
  }
}

/** A reporter's socket, with what it sent. */
export class FakeSocket implements StatsSocket {
  bufferedAmount = 0
  isClosed = false
  readonly sent: unknown[] = []
  readonly #handler: StatsSocketHandler

  constructor(handler: StatsSocketHandler) {
    this.#handler = handler
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text))
  }

  close(): void {
    this.isClosed = true
  }

  /** The server says this. */
  hear(message: unknown): void {
    this.#handler.message(JSON.stringify(message))
  }

  hearRaw(text: string): void {
    this.#handler.message(text)
  }

  emit(...emit: unknown[]): void {
    this.hear({ emit })
  }

  /** The server goes. */
  lose(why: string): void {
    this.#handler.closed(why)
  }

  /** Names of the messages since the last look, heartbeats as they are. */
  commands(): unknown[] {
    return this.sent.splice(0).map((message) => commandOf(message))
  }

  /** Payloads of the messages of one kind since the last look; the others are forgotten. */
  payloads(command: string): Record<string, unknown>[] {
    const messages = this.sent.splice(0).filter((message) => commandOf(message) === command)
    return messages.map((message) => (message as { emit: [string, Record<string, unknown>] }).emit[1])
  }
}

const commandOf = (message: unknown): unknown =>
  typeof message === 'object' && message !== null && 'emit' in message ? (message.emit as unknown[])[0] : message

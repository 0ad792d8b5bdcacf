// A fetcher on a simulated clock, whose requests are answered by the test.
import type { Transaction } from '@ethspan/chain'
import { bytesToHex, type Deferred, deferred } from '@ethspan/core'
import { SimClock, settle } from '@ethspan/core/testing'
import { type Delivered, TxFetcher } from '../../src/gossip/tx-fetcher.js'
import { TX_ARRIVE_TIMEOUT_MS } from '../../src/limits.js'

export const BLOB = 3

export interface Ask {
  readonly peer: string
  readonly indexes: number[]
  /** When it was asked. */
  readonly at: number
  readonly answer: Deferred<readonly Transaction[]>
}

/** Transactions are numbers; the hash of one begins with it. */
const hashOf = (index: number) => {
  const hash = new Uint8Array(32)
  new DataView(hash.buffer).setUint32(0, index)
  return hash
}
const indexOf = (hash: Uint8Array) => new DataView(hash.buffer).getUint32(0)
const keyOf = (index: number) => bytesToHex(hashOf(index))

/** A transaction as it comes: its bytes say which it is. */
export const transaction = (index: number, type = 2, size = 100): Transaction => {
  const bytes = new Uint8Array(size)
  new DataView(bytes.buffer).setUint32(0, index)
  return { type, bytes }
}

/** A fetcher whose peers have these names. */
export function setUp(...peers: string[]) {
  const clock = new SimClock()
  const asks: Ask[] = []
  const faults: string[] = []
  const fetcher = new TxFetcher({
    clock,
    ask: (peer, hashes) => {
      const answer = deferred<readonly Transaction[]>()
      asks.push({ peer, indexes: hashes.map(indexOf), at: clock.now(), answer })
      return answer.promise
    },
    take: async (_, transactions) => transactions.map(delivered),
    onFault: (peer, detail) => faults.push(`${peer} ${detail.replace(/[0-9a-f]{64}/, 'it')}`),
  })
  for (const peer of peers) fetcher.addPeer(peer)
  const announce = (peer: string, indexes: readonly number[], { type = 2, size = 100 } = {}) =>
    fetcher.announce(
      peer,
      indexes.map((index) => ({ hash: hashOf(index), key: keyOf(index), type, size })),
    )
  /** What was asked since the last look: `A: 1 2`. */
  let seen = 0
  const asked = () => {
    const fresh = asks.slice(seen)
    seen = asks.length
    return fresh.map(({ peer, indexes }) => `${peer}: ${indexes.join(' ')}`)
  }
  /** Answers the last request of a peer. */
  const answer = async (peer: string, indexes: readonly number[]) => {
    asks.findLast((ask) => ask.peer === peer)!.answer.resolve(indexes.map((index) => transaction(index)))
    await settle()
  }
  const fail = async (peer: string) => {
    asks.findLast((ask) => ask.peer === peer)!.answer.reject(new Error('gone'))
    await settle()
  }
  const wait = () => clock.advance(TX_ARRIVE_TIMEOUT_MS)
  return { clock, fetcher, asks, faults, announce, asked, answer, fail, wait }
}

export const delivered = ({ type, bytes }: Transaction): Delivered => ({
  key: keyOf(indexOf(bytes.slice(0, 4))),
  type,
  size: bytes.length,
})

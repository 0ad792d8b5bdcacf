import { type ChainForks, encodeBody, encodeHeader, encodeReceipt69, headerHash } from '@ethspan/chain'
import { testHeader } from '@ethspan/chain/testing'
import { Enode, encodeRlp, generatePrivateKey, keccak256, type Peer, publicKeyOf, type RlpInput } from '@ethspan/core'
import { messagePipe, SimClock, seededRandomBytes, settle } from '@ethspan/core/testing'
import {
  type EthChain,
  EthMsg,
  EthPeer,
  type EthPeerOptions,
  type EthVersion,
  localStatus,
  serving,
} from '../src/index.js'

const randomBytes = seededRandomBytes(11)

/** What the protocol looks at in a peer. */
export function fakePeer(): Peer & { end(): void } {
  const enode = new Enode(publicKeyOf(generatePrivateKey(randomBytes)))
  const ended = new AbortController()
  // Only the tests' own protocols see it, and they touch nothing else.
  return { id: enode.id, enode, signal: ended.signal, end: () => ended.abort() } as unknown as Peer & { end(): void }
}

const zeros = (length: number) => new Uint8Array(length)

export interface TestBlock {
  readonly raw: Uint8Array
  readonly hash: Uint8Array
  readonly body: Uint8Array
  readonly receipts: readonly Uint8Array[]
}

export const EMPTY_LIST = encodeRlp([])

/** Blocks on top of `parent`, told from others by `extra`. */
export function makeBlocks(count: number, parent: TestBlock | undefined, extra: RlpInput = '', first = 0): TestBlock[] {
  const blocks: TestBlock[] = []
  for (let i = 0; i < count; i++) {
    const parentHash = (blocks.at(-1) ?? parent)?.hash ?? zeros(32)
    const raw = encodeHeader(testHeader({ parentHash, number: BigInt(first + i), extraData: encodeRlp(extra) }))
    const tx = { type: 2, bytes: Uint8Array.of(2, ...encodeRlp([i, zeros(10)])) }
    const receipt = { type: 2, postStateOrStatus: Uint8Array.of(1), cumulativeGasUsed: 21000n, logs: EMPTY_LIST }
    blocks.push({
      raw,
      hash: headerHash({ raw }),
      body: encodeBody({ transactions: [tx], uncles: [] }),
      receipts: [encodeReceipt69(receipt)],
    })
  }
  return blocks
}

export interface TestChain extends EthChain {
  readonly blocks: TestBlock[]
  /** Known, but not canonical. */
  readonly side: TestBlock[]
}

const hex = (bytes: Uint8Array) => bytes.join()

/** Blocks 0 to `length` − 1 in memory. */
export function testChain(length = 20): TestChain {
  const blocks = makeBlocks(length, undefined)
  const side: TestBlock[] = []
  const find = (hash: Uint8Array) => [...blocks, ...side].find((block) => hex(block.hash) === hex(hash))
  const forks: ChainForks = { genesisHash: keccak256(blocks[0]!.raw), byBlock: [], byTime: [] }
  return {
    blocks,
    side,
    networkId: 1337n,
    forks,
    head: () => ({ number: BigInt(blocks.length - 1), time: 0n, hash: blocks.at(-1)!.hash }),
    earliest: () => 0n,
    header: (at) => (typeof at === 'bigint' ? blocks[Number(at)] : find(at))?.raw,
    body: (hash) => find(hash)?.body,
    receipts: (hash) => find(hash)?.receipts,
    accessList: (hash) => (hex(hash) === hex(blocks[0]!.hash) ? undefined : EMPTY_LIST),
  }
}

/** A peer of ours that runs, and the other end of its messages. */
export function runPeer(version: EthVersion, options: Partial<EthPeerOptions> = {}) {
  const clock = new SimClock()
  const [near, far] = messagePipe(clock)
  const chain = testChain()
  const peer = fakePeer()
  const status = localStatus(version, chain)
  const eth = new EthPeer({ peer, rw: near, version, status, serving: serving(chain), clock, ...options })
  let outcome: Error | null | undefined
  eth.run().then(
    () => {
      outcome = null
    },
    (error) => {
      outcome = error
    },
  )
  return {
    clock,
    chain,
    eth,
    far,
    /** How `run` ended: undefined while it runs, null in good order. */
    ended: async () => {
      await settle()
      return outcome
    },
    close: () => near.close(),
  }
}

export { EthMsg, settle }

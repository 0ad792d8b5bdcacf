// A reorg as all of a node sees it: the chain, the states of its blocks and the pool together.
import { BlockImporter, chainCommon, openChain, transactionHash } from '@ethspan/chain'
import { testAddress, testTransaction } from '@ethspan/chain/testing'
import { bytesToHex } from '@ethspan/core'
import { SimClock } from '@ethspan/core/testing'
import { DevChain, devSpec, faucetAddress, faucetKey, openExecution } from '@ethspan/execution'
import { memoryStore } from '@ethspan/node/memory'
import { TxPool } from '@ethspan/txpool'
import { describe, expect, test } from 'vitest'

/** As few as a reorg of 64 blocks lets be kept. */
const KEEP = 65

/** A node that makes its own blocks, to be told when. */
async function setUp() {
  const spec = await devSpec()
  const clock = new SimClock()
  const chain = await openChain({ store: memoryStore(), spec, keep: KEEP })
  const execution = await openExecution({ store: memoryStore(), spec, chain, clock, keepStates: KEEP })
  const importer = new BlockImporter({ chain, executor: execution })
  const pool = new TxPool({ chain, state: execution, common: chainCommon(spec.config), clock })
  const dev = new DevChain({ chain, importer, execution, pool, clock })
  pool.start()
  const mine = async () => {
    const block = await dev.seal()
    await pool.idle()
    return block
  }
  const nonceAt = async () => (await execution.account(chain.head().header, faucetAddress))?.nonce
  return { chain, execution, importer, pool, mine, nonceAt }
}

const gift = (nonce: number) =>
  testTransaction({
    key: faucetKey,
    type: 0,
    nonce: BigInt(nonce),
    to: testAddress(nonce),
    gasLimit: 21_000n,
    value: 7n,
  })
const hashes = (transactions: readonly Parameters<typeof transactionHash>[0][]) =>
  transactions.map((tx) => bytesToHex(transactionHash(tx)))

describe.each([1, 10, 64])('a reorg of %i blocks', (depth) => {
  test('takes states back, brings what was in them back into the pool, and has it mined again', async () => {
    const [node, other] = [await setUp(), await setUp()]
    // So long that older blocks and states are dropped on the way.
    for (let i = 0; i < KEEP + 5; i++) await node.importer.importBlocks([await other.mine()])
    await node.chain.setHead(other.chain.head().hash)
    const gifts = Array.from({ length: depth }, (_, nonce) => gift(nonce))
    for (const tx of gifts) {
      await node.pool.add([tx], { local: true })
      await node.mine()
    }
    expect([await node.nonceAt(), node.pool.counts().pending]).toEqual([BigInt(depth), 0])

    for (let i = 0; i <= depth; i++) await node.importer.importBlocks([await other.mine()])
    await node.chain.setHead(other.chain.head().hash)
    await node.pool.idle()
    expect([await node.nonceAt(), node.pool.counts().pending]).toEqual([0n, depth])
    expect(node.pool.nextNonce(faucetAddress)).toBe(BigInt(depth))

    const block = await node.mine()
    expect(hashes(block.body.transactions)).toEqual(hashes(gifts))
    expect([await node.nonceAt(), node.pool.counts().pending]).toEqual([BigInt(depth), 0])
    const last = await node.execution.account(block.header, testAddress(depth - 1))
    expect(last?.balance).toBe(7n)
  }, 60_000)
})

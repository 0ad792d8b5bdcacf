import { type Block, nextBaseFee, type Transaction, transactionHash } from '@ethspan/chain'
import { testAddress, testKey, testTransaction } from '@ethspan/chain/testing'
import { bytesToHex, deferred, type Logger, silentLogger } from '@ethspan/core'
import { describe, expect, test } from 'vitest'
import { DEV_EPOCH_BLOCKS, DEV_PERIOD_MS, DevChain } from '../../src/index.js'
import { CODE, deploying, faucetTransaction, type TestChain, testChain } from '../support.js'

const GWEI = 10n ** 9n

/** Waits, turn by turn of the thread, for what no promise tells of. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise<void>((resolve) => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => {
        port1.close()
        resolve()
      }
      port2.postMessage(undefined)
    })
  }
}

/** Gives each of the first accounts some ether, in a block. */
async function fund(test: TestChain, accounts: number): Promise<void> {
  const gifts = Array.from({ length: accounts }, (_, i) =>
    faucetTransaction({ type: 0, nonce: BigInt(i), to: testAddress(i), value: 10n ** 18n, gasLimit: 21_000n }),
  )
  await test.mine(...gifts)
}

/** A transfer of one of these accounts. */
const transfer = (account: number, nonce: bigint, tip: bigint): Transaction =>
  testTransaction({
    key: testKey(account),
    nonce,
    maxFeePerGas: 100n * GWEI,
    maxPriorityFeePerGas: tip,
    gasLimit: 30_000n,
  })

const hashes = (transactions: readonly Transaction[]) => transactions.map((tx) => bytesToHex(transactionHash(tx)))

describe('a block of the development chain', () => {
  test('takes what pays best first, and each sender in order', async () => {
    const test = await testChain()
    await fund(test, 3)
    const [a, b, c, d] = [transfer(0, 0n, 1n), transfer(0, 1n, 9n), transfer(1, 0n, 5n), transfer(2, 0n, 3n)]
    const block = await test.mine(a, b, c, d)
    expect(hashes(block.body.transactions)).toEqual(hashes([c, d, a, b]))
    // The objects themselves, whose signatures are known.
    expect(block.body.transactions[0]).toBe(c)
  })

  test('leaves out who does not pay the base fee, and those after a missing nonce', async () => {
    const test = await testChain()
    await fund(test, 2)
    const cheap = testTransaction({
      key: testKey(0),
      nonce: 0n,
      maxFeePerGas: 1n,
      maxPriorityFeePerGas: 1n,
      gasLimit: 30_000n,
    })
    const block = await test.mine(cheap, transfer(0, 1n, GWEI), transfer(1, 1n, GWEI))
    expect(block.body.transactions).toEqual([])
  })

  test('passes over what was mined before', async () => {
    const test = await testChain()
    await fund(test, 1)
    await test.mine(transfer(0, 0n, GWEI))
    const next = transfer(0, 1n, GWEI)
    const block = await test.mine(transfer(0, 0n, GWEI), next)
    expect(hashes(block.body.transactions)).toEqual(hashes([next]))
  })

  test('leaves out what can no longer be paid, and takes the others', async () => {
    const test = await testChain()
    await fund(test, 2)
    const all = testTransaction({ key: testKey(0), nonce: 0n, value: 99n * 10n ** 16n, gasLimit: 30_000n })
    const more = testTransaction({ key: testKey(0), nonce: 1n, value: 99n * 10n ** 16n, gasLimit: 30_000n })
    const other = transfer(1, 0n, 1n)
    const block = await test.mine(all, more, other)
    expect(hashes(block.body.transactions)).toEqual(hashes([all, other]))
  })

  test('has no more gas and no more blobs than a block may', async () => {
    const test = await testChain()
    const heavy = Array.from({ length: 4 }, (_, i) =>
      faucetTransaction({
        nonce: BigInt(i),
        to: null,
        value: 0n,
        data: deploying(CODE.loop.repeat(8)),
        gasLimit: 9_000_000n,
      }),
    )
    // Little of it is used, so a fourth fits only by what is left.
    expect((await test.mine(...heavy)).body.transactions).toHaveLength(4)
    const burning = Array.from({ length: 4 }, (_, i) =>
      faucetTransaction({ nonce: BigInt(4 + i), to: null, value: 0n, data: Uint8Array.of(0xfe), gasLimit: 9_000_000n }),
    )
    const full = await test.mine(...burning)
    expect(full.body.transactions).toHaveLength(3)
    expect(full.header.gasUsed).toBe(27_000_000n)
    const blobs = Array.from({ length: 4 }, (_, i) =>
      faucetTransaction({ type: 3, nonce: BigInt(7 + i), maxFeePerGas: 100n * GWEI, blobVersionedHashes: threeBlobs }),
    )
    const block = await test.mine(...blobs)
    expect(block.body.transactions).toHaveLength(3)
    expect(block.header.blobGasUsed).toBe(9n * 131_072n)
  })

  test('says what geth says: after the merge, no withdrawals, no beacon root, a base fee that follows', async () => {
    const test = await testChain()
    const { header: parent } = test.chain.head()
    const { header, body } = await test.mine()
    expect(header).toMatchObject({
      difficulty: 0n,
      nonce: new Uint8Array(8),
      gasLimit: parent.gasLimit,
      baseFeePerGas: nextBaseFee(parent, test.chain.config),
      parentBeaconRoot: new Uint8Array(32),
      time: BigInt(Math.floor(test.clock.wallTime() / 1000)),
    })
    expect(body.withdrawals).toEqual([])
    expect(header.mixDigest).not.toEqual(new Uint8Array(32))
  })

  test('is later than the one before, also when the clock is not', async () => {
    const test = await testChain()
    const times = [await test.mine(), await test.mine(), await test.mine()].map(({ header }) => header.time)
    expect([times[1]! - times[0]!, times[2]! - times[1]!]).toEqual([1n, 1n])
  })

  test('is the head, safe, and final every 32 blocks', async () => {
    const test = await testChain()
    let last: Block | undefined
    for (let i = 0n; i <= DEV_EPOCH_BLOCKS; i++) last = await test.mine()
    expect(test.chain.head().hash).toEqual(last!.hash)
    expect(test.chain.safe()?.hash).toEqual(last!.hash)
    expect(test.chain.finalized()?.number).toBe(DEV_EPOCH_BLOCKS)
  })

  test('is the same with the same clock and the same transactions', async () => {
    const chains = [await testChain(), await testChain()]
    const heads = await Promise.all(
      chains.map(async (test) => {
        await fund(test, 2)
        await test.mine(transfer(0, 0n, GWEI), transfer(1, 0n, GWEI))
        return bytesToHex((await test.mine()).hash)
      }),
    )
    expect(heads[0]).toBe(heads[1])
  })
})

const threeBlobs = [1, 2, 3].map((i) => Uint8Array.of(1, ...new Uint8Array(31).fill(i)))

describe('the pace', () => {
  test('is a block at once, then one each period, until it is stopped', async () => {
    const { dev, chain, clock } = await testChain()
    dev.start()
    dev.start()
    await clock.advance(0)
    await until(() => clock.pendingTimers === 1)
    expect(chain.head().number).toBe(1n)
    expect(clock.untilNextTimer).toBe(DEV_PERIOD_MS)
    await clock.advance(DEV_PERIOD_MS)
    await until(() => clock.pendingTimers === 1)
    expect(chain.head().number).toBe(2n)
    await dev.stop()
    expect(clock.pendingTimers).toBe(0)
    await dev.stop()
  })

  test('ends with the block that is under way', async () => {
    const { dev, chain, clock } = await testChain()
    dev.start()
    await clock.advance(0)
    await dev.stop()
    expect(chain.head().number).toBe(1n)
    expect(clock.pendingTimers).toBe(0)
  })

  test('is the same when it is stopped and started while a block is under way', async () => {
    const { chain, importer, execution, clock } = await testChain()
    const gate = deferred<void>()
    const slow = {
      buildBlock: async (...args: Parameters<typeof execution.buildBlock>) => {
        await gate.promise
        return execution.buildBlock(...args)
      },
    }
    const dev = new DevChain({ chain, importer, execution: slow, clock })
    dev.start()
    await clock.advance(0)
    const stopped = dev.stop()
    dev.start()
    gate.resolve()
    await stopped
    await clock.advance(0)
    await until(() => chain.head().number === 2n)
    // Whatever follows the second block has come once a third is made.
    await dev.seal()
    expect(clock.pendingTimers).toBe(1)
    await dev.stop()
    expect(clock.pendingTimers).toBe(0)
  })

  test('leaves out empty blocks where they are not wanted', async () => {
    const test = await testChain()
    const { chain, importer, execution, pool, clock } = test
    const dev = new DevChain({ chain, importer, execution, pool, clock, emptyBlocks: false, period: 1_000 })
    dev.start()
    await clock.advance(5_000)
    expect(chain.head().number).toBe(0n)
    pool.add(faucetTransaction({ nonce: 0n, to: testAddress(1) }))
    await clock.advance(1_000)
    await until(() => clock.pendingTimers === 1)
    expect(chain.head().number).toBe(1n)
    await dev.stop()
  })

  test('survives a block that fails, says so, and goes on', async () => {
    const { chain, importer, execution, clock } = await testChain()
    const lines: string[] = []
    const log: Logger = { ...silentLogger, warn: (message) => lines.push(message) }
    let failures = 1
    const failing = {
      buildBlock: async (...args: Parameters<typeof execution.buildBlock>) => {
        if (failures-- > 0) throw new Error('no')
        return execution.buildBlock(...args)
      },
    }
    const dev = new DevChain({ chain, importer, execution: failing, clock, log })
    dev.start()
    await clock.advance(0)
    await until(() => clock.pendingTimers === 1)
    expect(lines).toEqual(['no block was made'])
    await clock.advance(DEV_PERIOD_MS)
    await until(() => clock.pendingTimers === 1)
    expect(chain.head().number).toBe(1n)
    await dev.stop()
  })

  test('does not wait for transactions with which no block can be made', async () => {
    const { chain, importer, execution, clock, pool } = await testChain()
    pool.add(faucetTransaction({ nonce: 0n, to: testAddress(1) }))
    const failing = {
      buildBlock: async (...[parent, plan, candidates]: Parameters<typeof execution.buildBlock>) => {
        if (candidates.peek() !== undefined) throw new Error('no')
        return execution.buildBlock(parent, plan, candidates)
      },
    }
    const dev = new DevChain({ chain, importer, execution: failing, pool, clock })
    const block = await dev.seal()
    expect(block.body.transactions).toEqual([])
    expect(chain.head().number).toBe(1n)
  })
})

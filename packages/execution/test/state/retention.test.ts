import { type Block, BlockImporter, chainSpec, parseGenesis } from '@ethspan/chain'
import { memoryChain, testAddress } from '@ethspan/chain/testing'
import { bytesToHex } from '@ethspan/core'
import { memoryStore } from '@ethspan/node/memory'
import { describe, expect, test, vi } from 'vitest'
import { BestFirst } from '../../src/dev/best-first.js'
import { CARRY_NODES_PER_BLOCK, devGenesis, faucetAddress, openExecution } from '../../src/index.js'
import { CODE, deploying, faucetContract, faucetTransaction, type TestChain, testChain, word } from '../support.js'

const KEEP = 4

const planAfter = (time: bigint) => ({
  time: time + 1n,
  prevRandao: word(1),
  parentBeaconRoot: word(2),
  slotNumber: 1n,
})

/** Blocks that each pay somebody else and change a slot, after one that deploys a contract. */
async function mineMany(test: TestChain, count: number, from = 0): Promise<Block[]> {
  const blocks: Block[] = []
  for (let i = from; i < from + count; i++) {
    const nonce = BigInt(2 * i)
    blocks.push(
      await test.mine(
        faucetTransaction({ type: 0, nonce, to: testAddress(i), value: 1n, gasLimit: 21_000n }),
        i === 0
          ? faucetTransaction({ nonce: 1n, to: null, value: 0n, data: deploying(CODE.store), gasLimit: 500_000n })
          : faucetTransaction({
              nonce: nonce + 1n,
              to: faucetContract(1n),
              value: 0n,
              data: word(i),
              gasLimit: 90_000n,
            }),
      ),
    )
  }
  return blocks
}

async function keysOf(store: ReturnType<typeof memoryStore>): Promise<number> {
  return (await store.keys().all()).length
}

// Dozens of blocks each, where others share the machine.
describe('with a number of states to keep', { timeout: 30_000 }, () => {
  test('the newest are there, whole, and old ones are gone', async () => {
    const test = await testChain({ keepStates: KEEP })
    const blocks = await mineMany(test, 40)
    const { execution } = test
    const isThere = await Promise.all(blocks.map(({ header }) => execution.hasState(header)))
    expect(isThere.slice(0, -2 * KEEP - 3).every((there) => !there)).toBe(true)
    expect(isThere.slice(-KEEP)).toEqual(Array(KEEP).fill(true))
    for (const [i, { header }] of blocks.entries()) {
      if (!isThere[i]) {
        await expect(execution.account(header, faucetAddress)).rejects.toMatchObject({ code: 'ERR_STATE' })
        continue
      }
      // What was written long ago, too.
      expect(await execution.account(header, testAddress(0))).toMatchObject({ balance: 1n })
      expect(await execution.storage(header, faucetContract(1n), word(0))).toEqual(word(i))
      expect((await execution.code(header, faucetContract(1n))).length).toBe(CODE.store.length / 2)
    }
  })

  test('the store does not grow with the blocks', async () => {
    const [bounded, all] = [memoryStore(), memoryStore()]
    const [short, long] = [await testChain({ keepStates: KEEP, states: bounded }), await testChain({ states: all })]
    await mineMany(short, 20)
    await mineMany(long, 20)
    const before = { bounded: await keysOf(bounded), all: await keysOf(all) }
    // As many again, which change nothing but what every block changes.
    for (let i = 0; i < 40; i++) await Promise.all([short.mine(), long.mine()])
    const grown = { bounded: (await keysOf(bounded)) - before.bounded, all: (await keysOf(all)) - before.all }
    expect(grown.bounded).toBeLessThan(grown.all / 2)
  }, 30_000)

  test('states of blocks beside the chain go as those of the chain do', async () => {
    const states = memoryStore()
    const { chain, execution, importer, mine } = await testChain({ keepStates: KEEP, states })
    const beside: Block[] = []
    for (let i = 0; i < 8 * KEEP; i++) {
      // As a consensus client hands over what others propose: a branch of two, before the block that the chain goes on with.
      let { header: parent } = chain.head()
      for (const coinbase of [1, 2]) {
        const plan = { ...planAfter(parent.time), coinbase: testAddress(coinbase) }
        const block = await execution.buildBlock(parent, plan, new BestFirst(new Map(), 0n))
        await importer.importBlocks([block])
        beside.push(block)
        parent = block.header
      }
      await mine(faucetTransaction({ nonce: BigInt(i), gasLimit: 100_000n }))
    }
    expect(await execution.hasState(beside.at(-1)!.header)).toBe(true)
    expect(await execution.hasState(beside[0]!.header)).toBe(false)
    const executed = await states.keys({ gte: 'block/', lt: 'block0' }).all()
    expect(executed.length).toBeLessThanOrEqual(3 * (2 * KEEP + 2))
  })

  test('goes on after a restart in the middle of it', async () => {
    const states = memoryStore()
    const test = await testChain({ keepStates: KEEP, states })
    // The second generation has begun, and is not whole.
    await mineMany(test, KEEP + 1)
    const later = await testChain()
    const blocks = await mineMany(later, 40)
    const chain = await memoryChain({ spec: test.spec, blocks })
    const execution = await openExecution({ store: states, spec: test.spec, chain, keepStates: KEEP })
    for (const [i, block] of blocks.entries()) {
      if (i <= KEEP) continue
      await execution.execute(block, blocks[i - 1]!.header)
    }
    const { header } = blocks.at(-1)!
    expect(await execution.hasState(blocks[2]!.header)).toBe(false)
    expect(await execution.account(header, testAddress(0))).toMatchObject({ balance: 1n })
    expect(await execution.storage(header, faucetContract(1n), word(0))).toEqual(word(39))
  })

  test('a state of more than a block has time to copy is dropped when the last piece is copied', async () => {
    const genesis = devGenesis()
    const many = Array.from({ length: 3 * CARRY_NODES_PER_BLOCK }, (_, i) => [
      `0x${bytesToHex(testAddress(i))}`,
      { balance: `0x${(i + 1).toString(16)}` },
    ])
    const spec = await chainSpec(parseGenesis({ ...genesis, alloc: { ...genesis.alloc, ...Object.fromEntries(many) } }))
    const states = memoryStore()
    const test = await testChain({ keepStates: KEEP, states, spec })
    const isDropped = async () => !(await test.execution.hasState(spec.genesis.header))
    const missing = async () => {
      // Nothing of it is in this one's memory.
      const execution = await openExecution({ store: states, spec, chain: test.chain })
      const { header } = test.chain.head()
      const found = many.map((_, i) => execution.account(header, testAddress(i)).catch(() => undefined))
      return (await Promise.all(found)).findIndex((account, i) => account?.balance !== BigInt(i + 1))
    }
    let blocks = 0
    for (; !(await isDropped()); blocks++) await test.mine()
    expect(await missing()).toBe(-1)
    // A generation begins and is old, and then there are as many nodes as accounts, and more.
    expect(blocks).toBeGreaterThan(2 * KEEP + 3)
    for (let i = 0; i < KEEP; i++) await test.mine()
    expect(await missing()).toBe(-1)
  })

  test('begins a copy anew that failed, and drops nothing before it is whole', async () => {
    const states = memoryStore()
    const test = await testChain({ keepStates: KEEP, states })
    const carried = vi.spyOn(states, 'getMany')
    for (let i = 0; i < 3; i++) carried.mockRejectedValueOnce(new Error('no'))
    await mineMany(test, 4 * KEEP)
    expect(carried.mock.calls.length).toBeGreaterThan(3)
    const { header } = test.chain.head()
    expect(await test.execution.account(header, testAddress(0))).toMatchObject({ balance: 1n })
    expect((await test.execution.code(header, faucetContract(1n))).length).toBe(CODE.store.length / 2)
    expect(await test.execution.hasState(test.spec.genesis.header)).toBe(false)
  })

  test('states on a branch that was left are given up, those of the new one are whole', async () => {
    const [left, right] = [await testChain({ keepStates: KEEP }), await testChain()]
    // A generation begins at block 4, on a branch that is left at block 5.
    await mineMany(left, KEEP + 1)
    const other = await mineMany(right, 1)
    for (let i = 1; i < 30; i++)
      other.push(await right.mine(faucetTransaction({ nonce: BigInt(i + 1), gasLimit: 100_000n })))
    for (const block of other) {
      await left.importer.importBlocks([block])
      if (block.header.number > BigInt(KEEP + 1)) await left.chain.setHead(block.hash)
    }
    const { header } = other.at(-1)!
    expect(await left.execution.account(header, testAddress(0))).toMatchObject({ balance: 1n })
    expect((await left.execution.code(header, faucetContract(1n))).length).toBe(CODE.store.length / 2)
    expect(await left.execution.hasState(other[5]!.header)).toBe(false)
  })

  test.each([
    ['by block', 1],
    ['by many blocks', 6 * KEEP],
  ])('are kept and dropped as well where the chain keeps fewer blocks and grows %s', async (_, step) => {
    const made = await testChain()
    const blocks = await mineMany(made, 12 * KEEP)
    const chain = await memoryChain({ spec: made.spec, keep: 1 })
    const execution = await openExecution({ store: memoryStore(), spec: made.spec, chain, keepStates: KEEP })
    const importer = new BlockImporter({ chain, executor: execution })
    for (let i = 0; i < blocks.length; i += step) {
      const some = blocks.slice(i, i + step)
      await importer.importBlocks(some)
      await chain.setHead(some.at(-1)!.hash)
    }
    for (let i = 0; i < 3 * KEEP; i++) {
      const block = await made.mine()
      await importer.importBlocks([block])
      await chain.setHead(block.hash)
    }
    const { header } = chain.head()
    expect(await execution.account(header, testAddress(0))).toMatchObject({ balance: 1n })
    expect((await execution.code(header, faucetContract(1n))).length).toBe(CODE.store.length / 2)
    expect(await execution.hasState(blocks[KEEP]!.header)).toBe(false)
    expect(await execution.hasState(blocks[11 * KEEP]!.header)).toBe(false)
  })
})

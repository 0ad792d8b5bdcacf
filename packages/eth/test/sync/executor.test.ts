// Where blocks are executed, their receipts come out, and only a block whose state is there can be built on.
import { type BlockExecutor, BlockImporter, headerHash } from '@ethspan/chain'
import { memoryChain, type TestBlock, testBlocks, testSpec } from '@ethspan/chain/testing'
import { EthspanError } from '@ethspan/core'
import { beforeAll, expect, test, vi } from 'vitest'
import { connect, follower, server } from '../net.js'

/** Milliseconds: for a machine that has other things to do. */
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

let blocks: TestBlock[]
beforeAll(async () => {
  blocks = await testBlocks({ count: 20, transactions: 1 })
})

/** Knows what comes out of each block, and which it has run. */
class TestExecutor implements BlockExecutor {
  readonly states = new Set([testSpec().genesis.hash.join()])
  /** The number of a block that it finds to break the rules. */
  bad: bigint | undefined

  async hasState(header: { readonly raw: Uint8Array }): Promise<boolean> {
    return this.states.has(headerHash(header).join())
  }

  async execute(...[block, parent]: Parameters<BlockExecutor['execute']>) {
    if (!(await this.hasState(parent)))
      throw new EthspanError('ERR_STATE', `the state of block ${parent.number} is not there`)
    const { number } = block.header
    if (number === this.bad) {
      const fields = { number, hash: `0x${Buffer.from(block.hash).toString('hex')}`, field: 'stateRoot' }
      throw new EthspanError('ERR_INVALID_BLOCK', `block ${number}: stateRoot is another`, { fields })
    }
    this.states.add(block.hash.join())
    return { receipts: blocks[Number(number) - 1]!.receipts }
  }
}

async function start() {
  const executor = new TestExecutor()
  const chain = await memoryChain()
  const ours = await follower({ chain, executor, importer: new BlockImporter({ chain, executor }) })
  let asked = 0
  const source = server({
    chain: await memoryChain({ blocks }),
    lies: (honest) => ({
      receipts: (version, hashes, first) => {
        asked += hashes.length
        return honest.receipts(version, hashes, first)
      },
    }),
  })
  connect(ours.node, source)
  return { executor, ours, asked: () => asked }
}

test('receipts are not asked for: they come out', async () => {
  const { ours, asked } = await start()
  expect((await ours.sync(blocks.at(-1)!)).type).toBe('synced')
  expect(asked()).toBe(0)
  expect(await ours.chain.receipts(blocks[9]!.hash)).toEqual(blocks[9]!.receipts)
})

test('blocks whose states are lost are run again', async () => {
  const { ours, executor } = await start()
  await ours.sync(blocks[9]!)
  for (const { hash } of blocks.slice(5, 10)) executor.states.delete(hash.join())
  expect((await ours.sync(blocks.at(-1)!)).type).toBe('synced')
  for (const { hash } of blocks) expect(executor.states.has(hash.join())).toBe(true)
})

test('a block that comes out otherwise than it says fails the target; those before it are kept', async () => {
  const { ours, executor } = await start()
  executor.bad = 15n
  expect(await ours.sync(blocks.at(-1)!)).toMatchObject({ type: 'syncfail', error: { fields: { number: 15n } } })
  expect(ours.service.peers(), 'nobody is to blame for it').toHaveLength(1)
  // All targets on top of it are bad, others are not.
  expect((await ours.sync(blocks.at(-2)!)).type).toBe('syncfail')
  expect((await ours.sync(blocks[13]!)).type).toBe('synced')
})

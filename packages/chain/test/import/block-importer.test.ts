import { EthspanError } from '@ethspan/core'
import { describe, expect, test } from 'vitest'
import {
  type Block,
  type BlockExecutor,
  BlockImporter,
  type BlockToKeep,
  type Chain,
  decodeHeader,
  encodeHeader,
  type HeaderFields,
  headerHash,
  type ImportProgress,
} from '../../src/index.js'
import { IMPORT_BATCH_BYTES } from '../../src/limits.js'
import { memoryChain, type TestFork, testBlocks, testSpec, testTransaction } from '../../src/testing/index.js'

/** The same block, but for these fields of its header. */
function withHeader<T extends Block>(block: T, fields: Partial<HeaderFields>): T {
  const raw = encodeHeader({ ...block.header, ...fields })
  return { ...block, header: decodeHeader(raw), hash: headerHash({ raw }) }
}

/** So long that it fills a batch alone. Nobody reads it: what is checked of a body is decoded. */
function padded(raw: Uint8Array): Uint8Array {
  const long = new Uint8Array(IMPORT_BATCH_BYTES)
  long.set(raw)
  return long
}

/** What the chain has of these blocks. */
const kept = async (chain: Chain, blocks: readonly Block[]): Promise<boolean[]> =>
  Promise.all(blocks.map(async ({ hash }) => (await chain.body(hash)) !== undefined))

async function errorOf(promise: Promise<void>): Promise<EthspanError> {
  const error = await promise.then(
    () => undefined,
    (error) => error,
  )
  if (error instanceof EthspanError) return error
  throw new Error('no error of ours', { cause: error })
}

describe('importing blocks', () => {
  test.each<TestFork>(['paris', 'shanghai', 'cancun', 'prague', 'osaka', 'amsterdam'])(
    'takes blocks of %s with all they come with, and leaves the head where it is',
    async (fork) => {
      const spec = testSpec({ fork })
      const chain = await memoryChain({ spec })
      const blocks = await testBlocks({ spec, count: 4, transactions: 5 })
      await new BlockImporter({ chain }).importBlocks(blocks)
      expect(await kept(chain, blocks)).toEqual([true, true, true, true])
      expect((await chain.receipts(blocks[3]!.hash))?.length).toBe(5)
      expect((await chain.accessList(blocks[3]!.hash)) !== undefined).toBe(fork === 'amsterdam')
      expect(chain.head().number).toBe(0n)
      await chain.setHead(blocks[3]!.hash)
    },
  )

  test('goes on from blocks that the chain has', async () => {
    const chain = await memoryChain()
    const importer = new BlockImporter({ chain })
    const blocks = await testBlocks({ count: 4 })
    await importer.importBlocks(blocks.slice(0, 2))
    await importer.importBlocks(blocks.slice(2))
    expect(await kept(chain, blocks)).toEqual([true, true, true, true])
  })

  test.each<[string, (block: BlockToKeep, next: BlockToKeep) => BlockToKeep, string]>([
    ['a header', (block) => withHeader(block, { gasLimit: 100_000_000n }), 'gasLimit'],
    ['a body that is not its header’s', (block, next) => ({ ...block, body: next.body }), 'body'],
    ['receipts that are not its header’s', (block, next) => ({ ...block, receipts: next.receipts! }), 'receipts'],
    [
      'an access list where none may be',
      (block) => ({ ...block, accessList: Uint8Array.of(0xc0) }),
      'blockAccessListHash',
    ],
  ])('ends at %s that breaks the rules, and keeps what came before', async (_, change, field) => {
    const chain = await memoryChain()
    const blocks: BlockToKeep[] = await testBlocks({ count: 4 })
    blocks[2] = change(blocks[2]!, blocks[3]!)
    const { code, fields } = await errorOf(new BlockImporter({ chain }).importBlocks(blocks))
    expect([code, fields.field, fields.number]).toEqual(['ERR_INVALID_BLOCK', field, 3n])
    expect(await kept(chain, blocks)).toEqual([true, true, false, false])
  })

  test('ends at transactions that break the rules', async () => {
    const chain = await memoryChain()
    const foreign = [testTransaction({ nonce: 0n, chainId: 7n })]
    const blocks = await testBlocks({ count: 1, transactions: () => foreign })
    const { code, fields } = await errorOf(new BlockImporter({ chain }).importBlocks(blocks))
    expect([code, fields.field]).toEqual(['ERR_INVALID_BLOCK', 'transactions'])
  })

  test('takes an access list only if it is the header’s', async () => {
    const spec = testSpec({ fork: 'amsterdam' })
    const chain = await memoryChain({ spec })
    const [block] = await testBlocks({ spec, count: 1 })
    const changed = { ...block!, accessList: Uint8Array.of(0xc0) }
    const { fields } = await errorOf(new BlockImporter({ chain }).importBlocks([changed]))
    expect(fields.field).toBe('blockAccessListHash')
  })

  test('refuses a block whose parent is not known', async () => {
    const chain = await memoryChain()
    const blocks = await testBlocks({ count: 3 })
    const { code, message } = await errorOf(new BlockImporter({ chain }).importBlocks([blocks[0]!, blocks[2]!]))
    expect(code).toBe('ERR_STATE')
    expect(message).toMatch(/^block 3 can't be imported: its parent 0x[0-9a-f]{64} is not known$/)
    expect(await kept(chain, blocks)).toEqual([true, false, false])
  })

  test('passes over blocks that the chain has, and takes their receipts where it has none', async () => {
    const chain = await memoryChain()
    const importer = new BlockImporter({ chain })
    const blocks = await testBlocks({ count: 3 })
    const bare = blocks.map(({ hash, header, body }) => ({ hash, header, body }))
    const seen: ImportProgress[] = []
    const progress = (state: ImportProgress) => void seen.push(state)
    await importer.importBlocks(bare.slice(0, 2), { progress })
    await importer.importBlocks(bare, { progress })
    await importer.importBlocks(blocks, { progress })
    await importer.importBlocks(blocks, { progress })
    expect(seen).toEqual([
      { number: 2n, imported: 2, known: 0 },
      { number: 3n, imported: 1, known: 2 },
      { number: 3n, imported: 3, known: 0 },
      { number: 3n, imported: 0, known: 3 },
    ])
    expect((await chain.receipts(blocks[2]!.hash))?.length).toBe(2)
  })

  test('writes blocks together, as many as a batch of bytes has, and tells when they are on disk', async () => {
    const chain = await memoryChain()
    const data = new Uint8Array(120_000)
    const transactions = (number: bigint) =>
      Array.from({ length: 10 }, (_, i) =>
        testTransaction({ nonce: 10n * number + BigInt(i), data, gasLimit: 3_000_000n }),
      )
    const blocks = await testBlocks({ count: 6, transactions })
    const size = blocks[0]!.body.raw.length
    const perBatch = Math.ceil(IMPORT_BATCH_BYTES / size)
    const seen: [bigint, boolean][] = []
    await new BlockImporter({ chain }).importBlocks(blocks, {
      progress: ({ number }) => {
        void chain.body(blocks[Number(number) - 1]!.hash).then((body) => seen.push([number, body !== undefined]))
      },
    })
    await chain.putBlocks([])
    const ends = [perBatch, 6]
    expect(seen).toEqual(ends.map((end) => [BigInt(end), true]))
  })

  test('tells of no blocks that could not be written', async () => {
    const chain = await memoryChain()
    const blocks = await testBlocks({ count: 3 })
    const full = new EthspanError('ERR_DATA_DIR', 'no space left')
    let room = 0
    const failing = new Proxy(chain, {
      get: (target, name) => {
        if (name === 'putBlocks') {
          return async (given: readonly Block[]) => {
            if (given.length > 0 && room-- <= 0) throw full
          }
        }
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const seen: ImportProgress[] = []
    const importer = new BlockImporter({ chain: failing })
    const large = blocks.map((block) => ({ ...block, body: { ...block.body, raw: padded(block.body.raw) } }))
    for (const given of [blocks, large]) {
      const error = await errorOf(importer.importBlocks(given, { progress: (state) => void seen.push(state) }))
      expect(error).toBe(full)
    }
    expect(seen).toEqual([])
    room = 1
    expect(await errorOf(importer.importBlocks(large, { progress: (state) => void seen.push(state) }))).toBe(full)
    expect(seen).toEqual([{ number: 1n, imported: 1, known: 0 }])
  })

  test('ends when it is aborted, and keeps what it has verified', async () => {
    const chain = await memoryChain()
    const abort = new AbortController()
    const blocks = await testBlocks({ count: 4 })
    // The signal fires while the third is looked at.
    const executor: BlockExecutor = {
      hasState: async () => true,
      execute: async ({ header }) => {
        if (header.number === 3n) abort.abort()
        return { receipts: blocks[Number(header.number) - 1]!.receipts }
      },
    }
    const importer = new BlockImporter({ chain, executor })
    const { code } = await errorOf(importer.importBlocks(blocks, { signal: abort.signal }))
    expect(code).toBe('ERR_ABORTED')
    expect(await kept(chain, blocks)).toEqual([true, true, true, false])
  })
})

describe('importing with an executor', () => {
  test('runs each block on its parent, and keeps what came out', async () => {
    const chain = await memoryChain()
    const blocks = await testBlocks({ count: 3 })
    const ran: [bigint, bigint][] = []
    const executor: BlockExecutor = {
      hasState: async () => true,
      execute: async ({ header }, parent) => {
        ran.push([header.number, parent.number])
        return { receipts: blocks[Number(header.number) - 1]!.receipts, accessList: Uint8Array.of(0xc0) }
      },
    }
    await new BlockImporter({ chain, executor }).importBlocks(blocks.map(({ receipts: _, ...block }) => block))
    expect(ran).toEqual([
      [1n, 0n],
      [2n, 1n],
      [3n, 2n],
    ])
    expect((await chain.receipts(blocks[2]!.hash))?.length).toBe(2)
    expect(await chain.accessList(blocks[2]!.hash)).toEqual(Uint8Array.of(0xc0))
  })

  test('runs a block again that the chain has without its state', async () => {
    const blocks = await testBlocks({ count: 2 })
    const chain = await memoryChain({ blocks })
    const ran: bigint[] = []
    const executor: BlockExecutor = {
      hasState: async ({ number }) => number < 2n,
      execute: async ({ header }) => {
        ran.push(header.number)
        return { receipts: [] }
      },
    }
    await new BlockImporter({ chain, executor }).importBlocks(blocks)
    expect(ran).toEqual([2n])
  })

  test('ends where a block fails to run', async () => {
    const chain = await memoryChain()
    const blocks = await testBlocks({ count: 3 })
    const executor: BlockExecutor = {
      hasState: async () => true,
      execute: async ({ header }) => {
        if (header.number === 2n) throw new EthspanError('ERR_INVALID_BLOCK', 'block 2: stateRoot is another')
        return { receipts: [] }
      },
    }
    const { message } = await errorOf(new BlockImporter({ chain, executor }).importBlocks(blocks))
    expect(message).toBe('block 2: stateRoot is another')
    expect(await kept(chain, blocks)).toEqual([true, false, false])
  })
})

// The contract of a chain as tests, to be run on every kind of store.

import type { Chain } from '../../contract/chain.js'
import { type TestBlock, testBlocks } from '../test-blocks.js'
import { testSpec } from '../test-spec.js'
import { headConformance } from './head.js'
import { pruneConformance } from './prune.js'
import { type ChainConformanceOptions, failure, hex, text, withChainOf } from './suite.js'

/** The contract of a chain as tests, with what a store must hold to. */
export function chainConformance(options: ChainConformanceOptions): void {
  const { name, api } = options
  const { expect } = api
  const withChain = withChainOf(options)

  api.describe(`chain on ${name}`, () => {
    withChain('begins with the genesis block', async ({ chain, spec }) => {
      const { hash, header } = spec.genesis
      expect(hex(chain.head().hash)).toBe(hex(hash))
      expect([chain.earliest(), chain.safe(), chain.finalized()]).toEqual([0n, undefined, undefined])
      expect(hex((await chain.header(0n))!)).toBe(hex(header.raw))
      expect(hex((await chain.block(0n))!.body.raw)).toBe(hex(spec.genesis.body.raw))
      expect(await chain.receipts(hash)).toEqual([])
    })

    withChain(
      'gives a block back as it was put, by hash at once and by number once it is canonical',
      async (context) => {
        const { chain, spec } = context
        const [block] = await testBlocks({ spec, count: 1, transactions: 5 })
        await chain.putBlocks([block!])
        expect([await chain.header(1n), await chain.canonicalHash(1n), await chain.block(1n)]).toEqual(
          Array(3).fill(undefined),
        )
        await expectBlock(chain, block!)
        await chain.setHead(block!.hash)
        expect(hex((await chain.header(1n))!)).toBe(hex(block!.header.raw))
        expect(hex((await chain.block(1n))!.hash)).toBe(hex(block!.hash))
        await expectBlock(await context.reopen(), block!)
      },
    )

    withChain(
      'keeps the block access list',
      async (context) => {
        const [block] = await testBlocks({ spec: context.spec, count: 1 })
        await context.chain.putBlocks([block!])
        expect(hex((await context.chain.accessList(block!.hash))!)).toBe(hex(block!.accessList!))
      },
      { spec: testSpec({ fork: 'amsterdam' }) },
    )

    withChain('keeps a block without receipts, and its receipts when they come', async ({ chain, spec }) => {
      const [{ receipts, ...block }] = (await testBlocks({ spec, count: 1 })) as [TestBlock]
      await chain.putBlocks([block])
      expect(await chain.receipts(block.hash)).toBe(undefined)
      await chain.putBlocks([{ ...block, receipts }])
      await chain.putBlocks([block])
      expect((await chain.receipts(block.hash))!.map(hex)).toEqual(receipts.map(hex))
    })

    withChain('does not know what it was not given', async ({ chain }) => {
      const hash = new Uint8Array(32).fill(1)
      expect([
        await chain.header(hash),
        await chain.header(1n),
        await chain.body(hash),
        await chain.receipts(hash),
        await chain.accessList(hash),
        await chain.block(hash),
        await chain.transactionPlace(hash),
      ]).toEqual(Array(7).fill(undefined))
    })

    withChain('is what it was when it is opened again', async (context) => {
      const { chain, spec } = context
      const blocks = await testBlocks({ spec, count: 5 })
      await chain.putBlocks(blocks)
      await chain.setHead(blocks[3]!.hash)
      await chain.setFinality({ safe: blocks[2]!.hash, finalized: blocks[1]!.hash })
      const again = await context.reopen()
      const marks = [again.head(), again.safe()!, again.finalized()!]
      expect(marks.map(({ number }) => number)).toEqual([4n, 3n, 2n])
      expect(marks.map(({ hash }) => hex(hash))).toEqual([3, 2, 1].map((i) => hex(blocks[i]!.hash)))
      await expectCanonical(again, blocks.slice(0, 4))
      // Known, though not canonical.
      await expectBlock(again, blocks[4]!)
    })

    withChain(
      'refuses a store that holds the chain of another genesis block, and leaves it as it is',
      async (context) => {
        const other = testSpec({ config: { chainId: 7 }, genesis: { extraData: Uint8Array.of(7) } })
        const [found, wanted] = [hex(context.spec.genesis.hash), hex(other.genesis.hash)]
        const error = await failure(context.reopen({ spec: other }))
        expect([error.code, error.message]).toEqual([
          'ERR_DATA_DIR',
          `the store holds a chain with genesis 0x${found}, not 0x${wanted}`,
        ])
        expect(error.hint !== undefined).toBe(true)
        expect((await context.reopen()).head().number).toBe(0n)
      },
    )

    withChain('refuses a store with a newer layout', async ({ chain, place, reopen }) => {
      await chain.close()
      const store = place.store()
      await store.open()
      await store.put<Uint8Array, Uint8Array>(text('schema'), text('2'), { keyEncoding: 'view', valueEncoding: 'view' })
      await store.close()
      const error = await failure(reopen())
      expect([error.code, error.message]).toEqual([
        'ERR_DATA_DIR',
        "the chain's store has layout 2, and this version of the program knows none above 1",
      ])
    })

    withChain('says that a store is damaged where its head is missing', async ({ chain, spec, place, reopen }) => {
      const [block] = await testBlocks({ spec, count: 1 })
      await chain.putBlocks([block!])
      await chain.setHead(block!.hash)
      await chain.close()
      const store = place.store()
      await store.open()
      const keys = await store.keys<Uint8Array>({ keyEncoding: 'view' }).all()
      for (const key of keys.filter((key) => key[0] === 'b'.charCodeAt(0)))
        await store.del(key, { keyEncoding: 'view' })
      await store.close()
      const { code, message } = await failure(reopen())
      expect([code, message]).toEqual(['ERR_DATA_DIR', "the chain's store is damaged: its head, block 1, is not there"])
    })

    withChain('says that a store is damaged where its state is missing, or is none', async (context) => {
      const blocks = await testBlocks({ spec: context.spec, count: 2 })
      await context.chain.putBlocks(blocks)
      await context.chain.setHead(blocks[1]!.hash)
      await context.chain.close()
      const found: string[][] = []
      for (const change of ['put', 'del'] as const) {
        const store = context.place.store()
        await store.open()
        const bytes = { keyEncoding: 'view', valueEncoding: 'view' } as const
        if (change === 'del') await store.del(text('state'), bytes)
        else await store.put<Uint8Array, Uint8Array>(text('state'), Uint8Array.of(0xc1, 0x80), bytes)
        await store.close()
        const { code, message, hint } = await failure(context.reopen())
        found.push([code, message.slice(0, 57), `${hint}`])
      }
      const hint = 'Remove it (`ethspan removedb`) and sync again.'
      expect(found).toEqual([
        ['ERR_DATA_DIR', "the chain's store is damaged: its state can't be read: st", hint],
        ['ERR_DATA_DIR', "the chain's store is damaged: its state is not there", hint],
      ])
    })

    withChain('ends what was asked of it before it closes, and takes nothing after', async (context) => {
      const { chain, spec } = context
      const blocks = await testBlocks({ spec, count: 3 })
      const work = [chain.putBlocks(blocks), chain.setHead(blocks[2]!.hash)]
      const closed = [chain.close(), chain.close()]
      await Promise.all([...work, ...closed])
      const calls = [
        chain.putBlocks(blocks),
        chain.setHead(blocks[0]!.hash),
        chain.header(2n),
        chain.body(blocks[0]!.hash),
      ]
      for (const error of await Promise.all(calls.map(failure))) expect(error.code).toBe('ERR_CLOSED')
      expect((await context.reopen()).head().number).toBe(3n)
    })

    headConformance(withChain, expect)
    pruneConformance(withChain, expect)
  })

  async function expectBlock(chain: Chain, { hash, header, body, receipts }: TestBlock): Promise<void> {
    expect(hex((await chain.header(hash))!)).toBe(hex(header.raw))
    expect(hex((await chain.body(hash))!)).toBe(hex(body.raw))
    expect((await chain.receipts(hash))!.map(hex)).toEqual(receipts.map(hex))
    const block = await chain.block(hash)
    expect([hex(block!.hash), hex(block!.header.raw), hex(block!.body.raw)]).toEqual(
      [hash, header.raw, body.raw].map(hex),
    )
  }

  async function expectCanonical(chain: Chain, blocks: readonly TestBlock[]): Promise<void> {
    for (const { hash, header } of blocks) expect(hex((await chain.canonicalHash(header.number))!)).toBe(hex(hash))
  }
}

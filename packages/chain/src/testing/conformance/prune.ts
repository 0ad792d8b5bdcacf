// What a chain removes: blocks older than the newest N, branches that are old news, and all of it when it begins anew.
import { transactionHash } from '../../block/transaction.js'
import type { Chain } from '../../contract/chain.js'
import { SIDE_BRANCH_DEPTH } from '../../limits.js'
import { type TestBlock, testBlocks } from '../test-blocks.js'
import { testTransaction } from '../test-transactions.js'
import { type ChainConformanceApi, failure, hex, type WithChain } from './suite.js'

/** Schema, genesis hash and state, and the genesis block with header, body, receipts, number and canonical hash. */
const FIXED_RECORDS = 3 + 5
/** Header, body, receipts, number; of a canonical one its hash and the place of each transaction, too. */
const SIDE_RECORDS = 4
const recordsOf = ({ body }: TestBlock) => SIDE_RECORDS + 1 + body.transactions.length

export function pruneConformance(withChain: WithChain, expect: ChainConformanceApi['expect']): void {
  withChain(
    'keeps the newest blocks, as many as it is told, and nothing of the older ones',
    async (context) => {
      const { chain, spec } = context
      const blocks = await testBlocks({ spec, count: 25 })
      for (const block of blocks) {
        await chain.putBlocks([block])
        await chain.setHead(block.hash)
      }
      expect([chain.earliest(), chain.head().number]).toEqual([16n, 25n])
      const gone = blocks[14]!
      expect([
        await chain.header(15n),
        await chain.header(gone.hash),
        await chain.body(gone.hash),
        await chain.receipts(gone.hash),
        await chain.transactionPlace(transactionHash(gone.body.transactions[0]!)),
      ]).toEqual(Array(5).fill(undefined))
      expect((await chain.block(16n)) !== undefined).toBe(true)
      expect(hex((await chain.header(0n))!)).toBe(hex(spec.genesis.header.raw))
      const kept = blocks.slice(15).reduce((sum, block) => sum + recordsOf(block), 0)
      expect(await context.countRecords()).toBe(FIXED_RECORDS + kept)
    },
    { keep: 10 },
  )

  withChain(
    'refuses a head that stands on what it removed',
    async ({ chain, spec }) => {
      const blocks = await testBlocks({ spec, count: 12 })
      const side = await testBlocks({ spec, count: 12, extra: 'side' })
      await chain.putBlocks(blocks)
      await chain.setHead(blocks[11]!.hash)
      await chain.putBlocks(side)
      const { code } = await failure(chain.setHead(side[11]!.hash))
      expect([code, chain.head().number, chain.earliest()]).toEqual(['ERR_STATE', 12n, 8n])
    },
    { keep: 5 },
  )

  withChain('removes what is too many when it is opened to keep fewer', async (context) => {
    const blocks = await testBlocks({ spec: context.spec, count: 20 })
    await context.chain.putBlocks(blocks)
    await context.chain.setHead(blocks[19]!.hash)
    const again = await context.reopen({ keep: 4 })
    // It is done before anything is written.
    await again.putBlocks([blocks[19]!])
    expect(again.earliest()).toBe(17n)
    expect((await context.reopen()).earliest()).toBe(17n)
    const kept = blocks.slice(16).reduce((sum, block) => sum + recordsOf(block), 0)
    expect(await context.countRecords()).toBe(FIXED_RECORDS + kept)
  })

  withChain('removes branches that are old news, and keeps those that are not', async (context) => {
    const { chain, spec } = context
    const depth = Number(SIDE_BRANCH_DEPTH)
    const blocks = await testBlocks({ spec, count: depth + 100, transactions: 0, withdrawals: 0 })
    const old = await testBlocks({ spec, count: 3, extra: 'old' })
    const recent = await testBlocks({ spec, count: 3, extra: 'new', parent: blocks[110]! })
    await chain.putBlocks([...blocks, ...old, ...recent])
    await chain.setHead(blocks.at(-1)!.hash)
    expect([await chain.header(old[2]!.hash), await chain.body(old[0]!.hash)]).toEqual([undefined, undefined])
    expect((await chain.body(recent[0]!.hash)) !== undefined).toBe(true)

    // One that comes late is looked for as well, once the head has moved.
    await chain.putBlocks(old)
    await chain.setHead(recent[2]!.hash)
    await chain.setHead(blocks.at(-1)!.hash)
    expect(await chain.body(old[0]!.hash)).toBe(undefined)
    expect(await context.countRecords()).toBe(FIXED_RECORDS + blocks.length * (SIDE_RECORDS + 1) + 3 * SIDE_RECORDS)
  })

  withChain('begins anew far ahead', async (context) => {
    const { chain, spec } = context
    const blocks = await testBlocks({ spec, count: 60 })
    await chain.putBlocks(blocks.slice(0, 20))
    await chain.setHead(blocks[19]!.hash)
    await chain.setFinality({ safe: blocks[9]!.hash })
    const heads: (readonly [bigint, number, number])[] = []
    chain.addEventListener(
      'head',
      ({ head, added, removed }) => void heads.push([head.number, added.length, removed.length]),
    )
    await chain.rebase(blocks[49]!)
    expect([chain.head().number, chain.earliest(), chain.safe()]).toEqual([50n, 50n, undefined])
    expect(heads).toEqual([[50n, 1, 0]])
    expect([await chain.header(20n), await chain.header(blocks[19]!.hash)]).toEqual([undefined, undefined])
    const place = await chain.transactionPlace(transactionHash(blocks[49]!.body.transactions[1]!))
    expect([place?.number, place?.index]).toEqual([50n, 1])

    await chain.putBlocks(blocks.slice(50))
    await chain.setHead(blocks[59]!.hash)
    const again = await context.reopen()
    expect([again.head().number, again.earliest()]).toEqual([60n, 50n])
    expect((await again.block(50n)) !== undefined).toBe(true)
    const kept = blocks.slice(49).reduce((sum, block) => sum + recordsOf(block), 0)
    expect(await context.countRecords()).toBe(FIXED_RECORDS + kept)
  })

  withChain('begins anew below its head, and forgets what was above', async (context) => {
    const { chain, spec } = context
    const blocks = await testBlocks({ spec, count: 30 })
    const other = await testBlocks({ spec, count: 20, extra: 'other' })
    await chain.putBlocks(blocks)
    await chain.setHead(blocks[29]!.hash)
    await chain.rebase(other[9]!)
    expect([chain.head().number, chain.earliest()]).toEqual([10n, 10n])
    expect([await chain.canonicalHash(11n), await chain.canonicalHash(9n)]).toEqual([undefined, undefined])
    expect(await chain.transactionPlace(transactionHash(blocks[20]!.body.transactions[0]!))).toBe(undefined)
    await chain.putBlocks(other.slice(10))
    await chain.setHead(other[19]!.hash)
    const again = await context.reopen()
    expect([again.head().number, again.earliest()]).toEqual([20n, 10n])
    for (const { hash, header } of other.slice(9))
      expect(hex((await again.canonicalHash(header.number))!)).toBe(hex(hash))
    // Blocks 10 to 30 of the old chain are side blocks now.
    const kept = other.slice(9).reduce((sum, block) => sum + recordsOf(block), 0)
    expect(await context.countRecords()).toBe(FIXED_RECORDS + kept + 21 * SIDE_RECORDS)
  })

  withChain('leaves the places of transactions that stand in the new chain as well', async (context) => {
    const { chain, spec } = context
    const [early, late] = [testTransaction({ nonce: 0n }), testTransaction({ nonce: 1n })]
    const old = await testBlocks({
      spec,
      count: 9,
      transactions: (number) => (number === 2n ? [early] : number === 8n ? [late] : []),
    })
    const other = await testBlocks({
      spec,
      count: 6,
      extra: 'other',
      transactions: (number) => (number === 5n ? [early, late] : []),
    })
    await chain.putBlocks(old)
    await chain.setHead(old[8]!.hash)
    await chain.rebase(other[4]!)
    await chain.putBlocks(other.slice(5))
    await chain.setHead(other[5]!.hash)
    const placesOf = async (reader: Chain) => {
      const places = await Promise.all([early, late].map((tx) => reader.transactionPlace(transactionHash(tx))))
      return places.map((place) => [place?.number, place?.index])
    }
    const expected = [
      [5n, 0],
      [5n, 1],
    ]
    expect(await placesOf(chain)).toEqual(expected)
    expect(await placesOf(await context.reopen())).toEqual(expected)
  })

  withChain('begins anew at a block that it has', async (context) => {
    const { chain, spec } = context
    const blocks = await testBlocks({ spec, count: 10 })
    await chain.putBlocks(blocks)
    await chain.setHead(blocks[9]!.hash)
    await chain.rebase(blocks[9]!)
    expect([chain.head().number, chain.earliest(), await chain.header(9n)]).toEqual([10n, 10n, undefined])
    expect(await context.countRecords()).toBe(FIXED_RECORDS + recordsOf(blocks[9]!))
  })

  withChain('begins anew at the genesis block', async (context) => {
    const { chain, spec } = context
    const blocks = await testBlocks({ spec, count: 3 })
    await chain.putBlocks(blocks)
    await chain.setHead(blocks[2]!.hash)
    await chain.rebase(spec.genesis)
    expect([chain.head().number, chain.earliest(), await chain.header(1n)]).toEqual([0n, 0n, undefined])
    await chain.setHead(blocks[2]!.hash)
    expect((await context.reopen()).head().number).toBe(3n)
  })
}

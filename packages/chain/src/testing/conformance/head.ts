// The head: how it moves, what is told of it, and what reads see meanwhile.
import { transactionHash } from '../../block/transaction.js'
import type { Chain, HeadEvent } from '../../contract/chain.js'
import { MAX_HEAD_STEP } from '../../limits.js'
import { type TestBlock, testBlocks } from '../test-blocks.js'
import { type ChainConformanceApi, failure, hashesOf, hex, numbersOf, type WithChain } from './suite.js'

/** Each event as its head and the hashes it adds and removes. */
const told = (events: readonly HeadEvent[]) =>
  events.map(({ head, added, removed }) => ({
    head: hex(head.hash),
    added: hashesOf(added),
    removed: hashesOf(removed),
  }))

function recordHeads(chain: Chain): HeadEvent[] {
  const events: HeadEvent[] = []
  chain.addEventListener('head', (event) => void events.push(event))
  return events
}

export function headConformance(withChain: WithChain, expect: ChainConformanceApi['expect']): void {
  withChain('moves its head up and tells so by one event, once it reads so itself', async ({ chain, spec }) => {
    const blocks = await testBlocks({ spec, count: 3 })
    await chain.putBlocks(blocks)
    const events = recordHeads(chain)
    let seen: bigint | undefined
    chain.addEventListener('head', () => {
      seen = chain.head().number
    })
    await chain.setHead(blocks[2]!.hash)
    expect(told(events)).toEqual([{ head: hex(blocks[2]!.hash), added: hashesOf(blocks), removed: [] }])
    expect([seen, chain.head().number, chain.head().time]).toEqual([3n, 3n, blocks[2]!.header.time])
    await expectCanonical(chain, blocks)
  })

  withChain('tells nothing where the head stays', async ({ chain, spec }) => {
    const events = recordHeads(chain)
    await chain.setHead(spec.genesis.hash)
    expect(events.length).toBe(0)
  })

  for (const depth of [1, 10, 64, 200]) {
    withChain(
      `reorganizes ${depth} blocks, with their numbers and the places of their transactions`,
      async (context) => {
        const { chain, spec } = context
        const common = await testBlocks({ spec, count: 2, transactions: 1 })
        const parent = common[1]!
        const old = await testBlocks({ spec, parent, count: depth, extra: 'old', transactions: 2 })
        const fresh = await testBlocks({ spec, parent, count: depth + 1, extra: 'new', transactions: 1 })
        await chain.putBlocks([...common, ...old])
        await chain.setHead(old.at(-1)!.hash)
        const events = recordHeads(chain)
        await chain.putBlocks(fresh)
        await chain.setHead(fresh.at(-1)!.hash)
        expect(told(events)).toEqual([
          { head: hex(fresh.at(-1)!.hash), added: hashesOf(fresh), removed: hashesOf(old) },
        ])
        await expectCanonical(chain, [...common, ...fresh])
        // The first of each block is on both branches; the second was on the old one alone.
        await expectPlace(chain, fresh[0]!, 0)
        expect(await chain.transactionPlace(transactionHash(old[0]!.body.transactions[1]!))).toBe(undefined)

        // And back: what was left is known still.
        await chain.setHead(old.at(-1)!.hash)
        const again = await context.reopen()
        expect(hex(again.head().hash)).toBe(hex(old.at(-1)!.hash))
        expect(await again.canonicalHash(old.at(-1)!.header.number + 1n)).toBe(undefined)
        await expectCanonical(again, [...common, ...old])
        await expectPlace(again, old.at(-1)!, 1)
      },
    )
  }

  withChain('goes back to an ancestor', async ({ chain, spec }) => {
    const blocks = await testBlocks({ spec, count: 4 })
    await chain.putBlocks(blocks)
    await chain.setHead(blocks[3]!.hash)
    const events = recordHeads(chain)
    await chain.setHead(blocks[1]!.hash)
    expect(told(events)).toEqual([{ head: hex(blocks[1]!.hash), added: [], removed: hashesOf(blocks.slice(2)) }])
    expect(await chain.canonicalHash(3n)).toBe(undefined)
    expect(await chain.transactionPlace(transactionHash(blocks[3]!.body.transactions[0]!))).toBe(undefined)
  })

  withChain('takes a long way in steps, each a head of its own', async ({ chain, spec }) => {
    const count = MAX_HEAD_STEP + 10
    const blocks = await testBlocks({ spec, count, transactions: 0, withdrawals: 0 })
    await chain.putBlocks(blocks)
    const events = recordHeads(chain)
    await chain.setHead(blocks.at(-1)!.hash)
    expect(events.map(({ added }) => added.length)).toEqual([MAX_HEAD_STEP, 10])
    expect(events.flatMap(({ added }) => hashesOf(added))).toEqual(hashesOf(blocks))
    await chain.setHead(spec.genesis.hash)
    expect(events.slice(2).map(({ removed }) => removed.length)).toEqual([MAX_HEAD_STEP, 10])
    expect(numbersOf(events[3]!.removed)).toEqual(Array.from({ length: 10 }, (_, i) => BigInt(i + 1)))
    expect([chain.head().number, await chain.canonicalHash(1n)]).toEqual([0n, undefined])
  })

  withChain('refuses a head that is not known or hangs in the air, and stays where it is', async ({ chain, spec }) => {
    const blocks = await testBlocks({ spec, count: 4 })
    await chain.putBlocks([blocks[0]!, blocks[2]!, blocks[3]!])
    await chain.setHead(blocks[0]!.hash)
    const unknown = await failure(chain.setHead(blocks[1]!.hash))
    const hanging = await failure(chain.setHead(blocks[3]!.hash))
    expect([unknown.code, hanging.code]).toEqual(['ERR_STATE', 'ERR_STATE'])
    expect(hanging.message).toBe(
      `block 0x${hex(blocks[3]!.hash)} can't be the head: its ancestor 0x${hex(blocks[1]!.hash)} is not known`,
    )
    expect(hex(chain.head().hash)).toBe(hex(blocks[0]!.hash))
    await chain.putBlocks([blocks[1]!])
    await chain.setHead(blocks[3]!.hash)
    expect(chain.head().number).toBe(4n)
  })

  withChain('sets heads one after the other, however fast they come', async ({ chain, spec }) => {
    const a = await testBlocks({ spec, count: 6, extra: 'a' })
    const b = await testBlocks({ spec, count: 4, extra: 'b' })
    const events = recordHeads(chain)
    const heads = [a[5]!, b[3]!, a[2]!, b[1]!, a[5]!]
    await Promise.all([chain.putBlocks(a), chain.putBlocks(b), ...heads.map(({ hash }) => chain.setHead(hash))])
    expect(events.map(({ head }) => hex(head.hash))).toEqual(hashesOf(heads))
    // Each event goes on where the one before ended.
    const chainOf = [spec.genesis.hash].map(hex)
    for (const { added, removed } of events) {
      expect(chainOf.splice(chainOf.length - removed.length)).toEqual(hashesOf(removed))
      chainOf.push(...hashesOf(added))
    }
    expect(chainOf.slice(1)).toEqual(hashesOf(a))
    await expectCanonical(chain, a)
  })

  withChain('reads what belongs to its head while the head moves', async ({ chain, spec }) => {
    const branches = await Promise.all(
      ['a', 'b'].map((extra) => testBlocks({ spec, count: 20, extra, transactions: 0 })),
    )
    await chain.putBlocks(branches.flat())
    let moving = true
    const wrong: string[] = []
    const read = async (number: bigint) => {
      while (moving) {
        const hash = await chain.canonicalHash(number)
        const branch = branches.find((blocks) => hex(blocks.at(-1)!.hash) === hex(chain.head().hash))
        const expected = branch?.[Number(number) - 1]?.hash
        if (hash !== expected && hex(hash!) !== hex(expected!)) wrong.push(`${number}: ${hash && hex(hash)}`)
        // A turn of the event loop, so that the head can move.
        await chain.body(spec.genesis.hash)
      }
    }
    const readers = [1n, 10n, 20n].map(read)
    for (let i = 0; i < 10; i++) await chain.setHead(branches[i % 2]!.at(-1)!.hash)
    moving = false
    await Promise.all(readers)
    expect(wrong).toEqual([])
  })

  withChain('finds transactions by their hashes', async ({ chain, spec }) => {
    const blocks = await testBlocks({ spec, count: 3, transactions: 3 })
    await chain.putBlocks(blocks)
    await chain.setHead(blocks[1]!.hash)
    for (const block of blocks.slice(0, 2)) for (const i of [0, 1, 2]) await expectPlace(chain, block, i)
    expect(await chain.transactionPlace(transactionHash(blocks[2]!.body.transactions[0]!))).toBe(undefined)
  })

  withChain('remembers what is safe and finalized until a reorg goes below it', async ({ chain, spec }) => {
    const blocks = await testBlocks({ spec, count: 6 })
    const side = await testBlocks({ spec, count: 3, parent: blocks[2]!, extra: 'side' })
    await chain.putBlocks([...blocks, ...side])
    await chain.setHead(blocks[5]!.hash)
    await chain.setFinality({ safe: blocks[3]!.hash })
    await chain.setFinality({ finalized: blocks[1]!.hash })
    expect([chain.safe()?.number, chain.finalized()?.number]).toEqual([4n, 2n])
    await chain.setHead(side[2]!.hash)
    expect([chain.safe(), chain.finalized()?.number]).toEqual([undefined, 2n])
  })

  withChain('refuses to call safe or finalized what is not known or not canonical', async ({ chain, spec }) => {
    const [block, side] = [
      ...(await testBlocks({ spec, count: 1 })),
      ...(await testBlocks({ spec, count: 1, extra: 's' })),
    ]
    await chain.putBlocks([block!, side!])
    await chain.setHead(block!.hash)
    const errors = await Promise.all([
      failure(chain.setFinality({ safe: new Uint8Array(32).fill(1) })),
      failure(chain.setFinality({ safe: block!.hash, finalized: side!.hash })),
    ])
    expect(errors.map(({ code }) => code)).toEqual(['ERR_STATE', 'ERR_STATE'])
    expect([chain.safe(), chain.finalized()]).toEqual([undefined, undefined])
  })

  async function expectCanonical(chain: Chain, blocks: readonly TestBlock[]): Promise<void> {
    const hashes: string[] = []
    for (const { header } of blocks) hashes.push(hex((await chain.canonicalHash(header.number))!))
    expect(hashes).toEqual(hashesOf(blocks))
  }

  async function expectPlace(chain: Chain, { hash, header, body }: TestBlock, index: number): Promise<void> {
    const place = await chain.transactionPlace(transactionHash(body.transactions[index]!))
    expect({ ...place, hash: hex(place!.hash) }).toEqual({ number: header.number, hash: hex(hash), index })
  }
}

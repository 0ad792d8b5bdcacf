import { testBlocks } from '@ethspan/chain/testing'
import { describe, expect, test } from 'vitest'
import { failureOf, hexOf } from '../support.js'
import { type EngineTest, forkchoice, newPayload, startEngine } from './support.js'

const SYNCING = { payloadStatus: { status: 'SYNCING', latestValidHash: null, validationError: null }, payloadId: null }
const valid = ({ hash }: { readonly hash: Uint8Array }) => ({
  payloadStatus: { status: 'VALID', latestValidHash: hexOf(hash), validationError: null },
  payloadId: null,
})

/** All blocks executed, none of them the head yet. */
async function executed(options: Parameters<typeof startEngine>[0] = {}): Promise<EngineTest> {
  const engine = await startEngine(options)
  for (const block of engine.blocks) await newPayload(engine.client, block)
  return engine
}

test('a block that was executed becomes the head, with what is safe and finalized, and sync hears of it', async () => {
  const { client, blocks, chain, sync } = await executed()
  const answer = await forkchoice(client, blocks[3]!, { safe: blocks[2]!, finalized: blocks[1]! })
  expect(answer).toEqual(valid(blocks[3]!))
  expect([chain.head(), chain.safe()!, chain.finalized()!].map(({ number }) => number)).toEqual([4n, 3n, 2n])
  expect(sync.targets).toEqual([{ hash: blocks[3]!.hash, header: blocks[3]!.header, source: 'engine' }])
})

test('a payload and its forkchoice, sent at once, are worked on in their order', async () => {
  const { client, blocks, chain } = await startEngine()
  const answers = await Promise.all(
    blocks.flatMap((block) => [newPayload(client, block).then(({ status }) => status), forkchoice(client, block)]),
  )
  expect(answers).toEqual(blocks.flatMap((block) => ['VALID', valid(block)]))
  expect(chain.head().number).toBe(4n)
})

test('a zero hash for safe or finalized says nothing', async () => {
  const { client, blocks, chain } = await executed()
  await forkchoice(client, blocks[2]!, { safe: blocks[1]!, finalized: blocks[0]! })
  await forkchoice(client, blocks[3]!)
  expect([chain.safe()?.number, chain.finalized()?.number]).toEqual([2n, 1n])
})

test('another branch becomes the head by a reorg', async () => {
  const other = await testBlocks({ count: 2, extra: 'other' })
  const { client, blocks, chain } = await executed({ others: other })
  await forkchoice(client, blocks[3]!)
  for (const block of other) await newPayload(client, block)
  expect(await forkchoice(client, other[1]!)).toEqual(valid(other[1]!))
  expect(chain.head().hash).toEqual(other[1]!.hash)
})

test('a head that is not here is fetched, with its header where a payload brought it', async () => {
  const { client, blocks, sync, chain } = await startEngine()
  expect(await forkchoice(client, blocks[3]!)).toEqual(SYNCING)
  await newPayload(client, blocks[3]!)
  expect(await forkchoice(client, blocks[3]!)).toEqual(SYNCING)
  const target = { hash: blocks[3]!.hash, source: 'engine' }
  expect(sync.targets).toEqual([target, { ...target, header: blocks[3]!.header }])
  expect(chain.head().number).toBe(0n)
})

test('a head that is here, but was not executed where blocks are, is fetched again', async () => {
  const { client, blocks, chain, sync } = await startEngine()
  await chain.putBlocks(blocks)
  expect(await forkchoice(client, blocks[3]!)).toEqual(SYNCING)
  expect(sync.targets).toHaveLength(1)
  expect(chain.head().number).toBe(0n)
})

test('where blocks are not executed, one that is here becomes the head, and is still not said to be VALID', async () => {
  const { client, blocks, chain } = await startEngine({ executes: false })
  await chain.putBlocks(blocks)
  expect(await forkchoice(client, blocks[3]!, { finalized: blocks[0]! })).toEqual(SYNCING)
  expect([chain.head().number, chain.finalized()!.number]).toEqual([4n, 1n])
})

test('where nothing fetches blocks, the log says so', async () => {
  const { client, blocks, log } = await startEngine({ withSync: false })
  expect(await forkchoice(client, blocks[3]!)).toEqual(SYNCING)
  expect(log.lines).toEqual(['Forkchoice requested a head that is not here, and nothing here fetches blocks'])
})

test('a head of zero is INVALID', async () => {
  const { client, blocks } = await startEngine()
  const zero = { ...blocks[0]!, hash: new Uint8Array(32) }
  expect(await forkchoice(client, zero)).toMatchObject({ payloadStatus: { status: 'INVALID' }, payloadId: null })
})

describe('going back on the head’s own chain', () => {
  test('shortens it', async () => {
    const { client, blocks, chain } = await executed()
    await forkchoice(client, blocks[3]!)
    expect(await forkchoice(client, blocks[1]!)).toEqual(valid(blocks[1]!))
    expect(chain.head().number).toBe(2n)
  })

  test('before what is finalized is passed over', async () => {
    const { client, blocks, chain } = await executed()
    await forkchoice(client, blocks[3]!, { finalized: blocks[2]! })
    expect(await forkchoice(client, blocks[0]!)).toEqual(valid(blocks[0]!))
    expect(chain.head().number).toBe(4n)
  })

  test('more than 32 blocks is refused', async () => {
    const { client, blocks, chain } = await executed({ blocks: { count: 34, transactions: 0 } })
    await forkchoice(client, blocks[33]!)
    expect(await failureOf(forkchoice(client, blocks[0]!))).toEqual({
      code: -38006,
      message: 'Too deep reorg',
      data: { err: 'reorg depth 33 exceeds limit 32' },
    })
    expect(chain.head().number).toBe(34n)
    expect(await forkchoice(client, blocks[1]!)).toEqual(valid(blocks[1]!))
  })
})

describe('is refused', () => {
  test.each([
    ['safe', 'safe block not available in database'],
    ['finalized', 'final block not available in database'],
  ] as const)('a %s block that is not here', async (name, err) => {
    const [unknown] = await testBlocks({ count: 1, extra: 'unknown' })
    const { client, blocks } = await executed()
    const failure = { code: -38002, message: 'Invalid forkchoice state', data: { err } }
    expect(await failureOf(forkchoice(client, blocks[3]!, { [name]: unknown! }))).toEqual(failure)
  })

  test.each([
    ['safe', 'safe block not in canonical chain'],
    ['finalized', 'final block not in canonical chain'],
  ] as const)('a %s block on another branch', async (name, err) => {
    const [other] = await testBlocks({ count: 1, extra: 'other' })
    const { client, blocks } = await executed({ others: [other!] })
    await newPayload(client, other!)
    const failure = { code: -38002, message: 'Invalid forkchoice state', data: { err } }
    expect(await failureOf(forkchoice(client, blocks[3]!, { [name]: other! }))).toEqual(failure)
  })
})

describe('a block to build', () => {
  const attributes = (timestamp: bigint) => ({
    timestamp: `0x${timestamp.toString(16)}`,
    prevRandao: `0x${'00'.repeat(32)}`,
    suggestedFeeRecipient: `0x${'00'.repeat(20)}`,
    withdrawals: [],
    parentBeaconBlockRoot: `0x${'00'.repeat(32)}`,
  })

  test('is not begun, as nothing here builds: there is no id, and the log says so', async () => {
    const { client, blocks, log, chain } = await executed()
    const head = blocks[3]!
    expect(await forkchoice(client, head, { attributes: attributes(head.header.time + 12n) })).toEqual(valid(head))
    expect(log.lines.filter((line) => line.includes('is to be built'))).toHaveLength(1)
    expect(chain.head().number).toBe(4n)
  })

  test('that would not be later than the head is refused, the head taken all the same', async () => {
    const { client, blocks, chain } = await executed()
    const head = blocks[3]!
    expect(await failureOf(forkchoice(client, head, { attributes: attributes(head.header.time) }))).toEqual({
      code: -38003,
      message: 'Invalid payload attributes',
      data: { err: `invalid timestamp, parent ${head.header.time} given ${head.header.time}` },
    })
    expect(chain.head().number).toBe(4n)
  })

  test('on a head that is not here is not looked at', async () => {
    const { client, blocks } = await startEngine()
    expect(await forkchoice(client, blocks[3]!, { attributes: attributes(blocks[3]!.header.time) })).toEqual(SYNCING)
  })
})

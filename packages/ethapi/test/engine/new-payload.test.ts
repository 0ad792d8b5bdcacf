import { type BlockToKeep, type HeadSource, invalidBlock, SyncFailEvent } from '@ethspan/chain'
import { testBlocks, testSpec, testTransaction } from '@ethspan/chain/testing'
import { EthspanError } from '@ethspan/core'
import { describe, expect, test } from 'vitest'
import { INVALID_BLOCK_HITS } from '../../src/limits.js'
import { failureOf, hexOf } from '../support.js'
import { type EngineTest, forkchoice, newPayload, payloadParams, startEngine } from './support.js'

const valid = (block: BlockToKeep) => ({ status: 'VALID', latestValidHash: hexOf(block.hash), validationError: null })
const unjudged = (status: string) => ({ status, latestValidHash: null, validationError: null })

describe('where blocks are executed', () => {
  test('one on top of the chain is executed, kept and VALID, and does not move the head', async () => {
    const { client, blocks, chain } = await startEngine()
    expect(await newPayload(client, blocks[0]!)).toEqual(valid(blocks[0]!))
    expect(await newPayload(client, blocks[1]!)).toEqual(valid(blocks[1]!))
    expect(await chain.receipts(blocks[1]!.hash)).toEqual(blocks[1]!.receipts)
    expect(chain.head().number).toBe(0n)
  })

  test('one that was executed before is VALID without another look', async () => {
    const { client, blocks, executor } = await startEngine()
    await newPayload(client, blocks[0]!)
    executor.failure = new Error('executed again')
    expect(await newPayload(client, blocks[0]!)).toEqual(valid(blocks[0]!))
  })

  test('one whose outcome is not what it says is INVALID, and its parent the last valid one', async () => {
    const { client, blocks, executor } = await startEngine()
    await newPayload(client, blocks[0]!)
    executor.invalid.add(hexOf(blocks[1]!.hash).slice(2))
    expect(await newPayload(client, blocks[1]!)).toEqual({
      status: 'INVALID',
      latestValidHash: hexOf(blocks[0]!.hash),
      validationError: 'block 2: stateRoot is wrong',
    })
  })

  test('what stands on an invalid one is INVALID unseen, down to the block that a forkchoice names', async () => {
    const { client, blocks, executor } = await startEngine()
    executor.invalid.add(hexOf(blocks[0]!.hash).slice(2))
    await newPayload(client, blocks[0]!)
    const links = {
      status: 'INVALID',
      latestValidHash: hexOf(blocks[0]!.header.parentHash),
      validationError: 'links to previously rejected block',
    }
    for (const block of blocks) expect(await newPayload(client, block)).toEqual(links)
    expect(await forkchoice(client, blocks[3]!)).toEqual({ payloadStatus: links, payloadId: null })
  })

  test('an invalid one is looked at again once it was refused often enough: it may have been our mistake', async () => {
    const { client, blocks, executor } = await startEngine()
    executor.invalid.add(hexOf(blocks[0]!.hash).slice(2))
    await newPayload(client, blocks[0]!)
    executor.invalid.clear()
    const answers = []
    for (let i = 1; i < INVALID_BLOCK_HITS; i++) answers.push((await newPayload(client, blocks[0]!)).status)
    expect(answers).toEqual([...Array(INVALID_BLOCK_HITS - 2).fill('INVALID'), 'VALID'])
  })

  test('one whose parent is not here is SYNCING', async () => {
    const { client, blocks } = await startEngine()
    expect(await newPayload(client, blocks[2]!)).toEqual(unjudged('SYNCING'))
  })

  test('one whose parent was never executed is ACCEPTED', async () => {
    const { client, blocks, chain } = await startEngine()
    await chain.putBlocks(blocks.slice(0, 2))
    expect(await newPayload(client, blocks[2]!)).toEqual(unjudged('ACCEPTED'))
  })

  test('one that is here without having been executed is executed now', async () => {
    const { client, blocks, chain, executor } = await startEngine()
    await chain.putBlocks(blocks.slice(0, 1))
    expect(await newPayload(client, blocks[0]!)).toEqual(valid(blocks[0]!))
    expect(await executor.hasState(blocks[0]!.header)).toBe(true)
  })

  test('what fails for reasons of ours is an error, and no verdict on the block', async () => {
    const { client, blocks, executor } = await startEngine()
    executor.failure = new EthspanError('ERR_DATA_DIR', 'the disk is full')
    const failure = { code: -32000, message: 'the disk is full', data: { code: 'ERR_DATA_DIR' } }
    expect(await failureOf(newPayload(client, blocks[0]!))).toEqual(failure)
    executor.failure = undefined
    expect(await newPayload(client, blocks[0]!)).toEqual(valid(blocks[0]!))
  })

  test('many at once are worked on one after the other', async () => {
    const { client, blocks } = await startEngine()
    const answers = await Promise.all(blocks.map((block) => newPayload(client, block)))
    expect(answers).toEqual(blocks.map(valid))
  })
})

describe('where blocks are not executed, nothing is VALID', () => {
  test('one on top of the chain is checked, and ACCEPTED', async () => {
    const { client, blocks, chain } = await startEngine({ executes: false })
    await chain.putBlocks(blocks.slice(0, 1))
    expect(await newPayload(client, blocks[1]!)).toEqual(unjudged('ACCEPTED'))
    expect(await chain.header(blocks[1]!.hash)).toBe(undefined)
  })

  test('one whose parent is not here is SYNCING', async () => {
    const { client, blocks } = await startEngine({ executes: false })
    expect(await newPayload(client, blocks[2]!)).toEqual(unjudged('SYNCING'))
  })

  test('one that breaks a rule is INVALID, and nobody can say what the last valid one is', async () => {
    const { client } = await startEngine({ executes: false })
    const [wrong] = await testBlocks({ count: 1, secondsPerBlock: 0 })
    expect(await newPayload(client, wrong!)).toEqual({
      status: 'INVALID',
      latestValidHash: null,
      validationError: expect.stringContaining('time'),
    })
  })

  test('one with a transaction that can not be in it is INVALID', async () => {
    const { client } = await startEngine({ executes: false })
    const cheap = testTransaction({ nonce: 0n, maxFeePerGas: 1n, maxPriorityFeePerGas: 1n })
    const [wrong] = await testBlocks({ count: 1, transactions: () => [cheap] })
    expect(await newPayload(client, wrong!)).toEqual({
      status: 'INVALID',
      latestValidHash: null,
      validationError: expect.stringContaining('it pays 1 wei for gas'),
    })
  })
})

describe('a payload that is no block is INVALID, and it is said why', () => {
  test.each([
    ['another hash', { blockHash: `0x${'12'.repeat(32)}` }, /^blockhash mismatch, want 1212/],
    ['another state root', { stateRoot: `0x${'12'.repeat(32)}` }, /^blockhash mismatch/],
    ['a transaction that can’t be read', { transactions: ['0x02c0'] }, /^invalid transaction 0: /],
    ['a transaction without a type', { transactions: ['0x'] }, /^invalid transaction 0: typed transaction too short/],
    ['too much extra data', { extraData: `0x${'00'.repeat(33)}` }, /^invalid extradata length: 33/],
    ['a short bloom filter', { logsBloom: '0x00' }, /^invalid logsBloom length: 1/],
  ])('%s', async (_, changes, why) => {
    const { client, blocks } = await startEngine()
    const answer = { status: 'INVALID', latestValidHash: null, validationError: expect.stringMatching(why) }
    expect(await newPayload(client, blocks[0]!, changes)).toEqual(answer)
  })

  test.each([
    ['another blob', [`0x01${'12'.repeat(31)}`], /^invalid versionedHash at 0/],
    [
      'a blob too many',
      [`0x01${'b1'.repeat(31)}`, `0x01${'b1'.repeat(31)}`],
      /^invalid number of versionedHashes: 2 blobHashes: 1/,
    ],
  ])('%s', async (_, hashes, why) => {
    const { client, blocks } = await startEngine({ blocks: { count: 1, transactions: 5 } })
    const [payload, , ...others] = payloadParams(blocks[0]!)
    const answer = await client.request('engine_newPayloadV4', [payload, hashes, ...others])
    expect(answer).toEqual({ status: 'INVALID', latestValidHash: null, validationError: expect.stringMatching(why) })
  })

  test('fields of a later fork without those before them', async () => {
    const { client, blocks } = await startEngine({ blocks: { count: 1, spec: testSpec({ fork: 'paris' }) } })
    const [payload] = payloadParams(blocks[0]!, { blobGasUsed: '0x0', excessBlobGas: '0x0' })
    const why = 'header: blobGasUsed is there, but withdrawalsRoot is not'
    const answer = { status: 'INVALID', latestValidHash: null, validationError: why }
    expect(await client.request('engine_newPayloadV1', [payload])).toEqual(answer)
  })

  test('requests are part of the hash', async () => {
    const { client, blocks } = await startEngine()
    const [payload, hashes, root] = payloadParams(blocks[0]!)
    const answer = await client.request('engine_newPayloadV4', [payload, hashes, root, ['0x00ff']])
    expect(answer).toMatchObject({ status: 'INVALID', validationError: expect.stringMatching(/^blockhash mismatch/) })
  })
})

describe('from Amsterdam on', () => {
  const amsterdam = { spec: testSpec({ fork: 'amsterdam' }), count: 2 }

  test('a block comes with its access list, which is kept', async () => {
    const { client, blocks, chain } = await startEngine({ blocks: amsterdam })
    expect(await client.request('engine_newPayloadV5', payloadParams(blocks[0]!))).toEqual(valid(blocks[0]!))
    expect(await chain.accessList(blocks[0]!.hash)).toEqual(blocks[0]!.accessList)
  })

  test.each([
    ['none', '0x', /^failed to decode BAL/],
    ['no list', '0x80', /^failed to decode BAL/],
    ['another list', '0xc0', /^blockhash mismatch/],
  ])('%s in its place is INVALID', async (_, blockAccessList, why) => {
    const { client, blocks } = await startEngine({ blocks: amsterdam })
    const answer = await client.request('engine_newPayloadV5', payloadParams(blocks[0]!, { blockAccessList }))
    expect(answer).toMatchObject({ status: 'INVALID', validationError: expect.stringMatching(why) })
  })
})

describe('what sync finds invalid on its way', () => {
  const links = (latestValid: BlockToKeep | undefined) => ({
    status: 'INVALID',
    latestValidHash: latestValid === undefined ? null : hexOf(latestValid.hash),
    validationError: 'links to previously rejected block',
  })
  const tell = ({ sync, blocks }: EngineTest, source: HeadSource = 'engine') =>
    sync.tell(
      new SyncFailEvent({ hash: blocks[3]!.hash, source }, invalidBlock(blocks[1]!.header, 'stateRoot', 'is wrong')),
    )

  test('makes where it was to go INVALID from then on, and what stands on that; the last valid block is told', async () => {
    const engine = await startEngine({ blocks: { count: 5 } })
    const { client, blocks } = engine
    await newPayload(client, blocks[0]!)
    tell(engine)
    for (const block of [blocks[3]!, blocks[4]!]) {
      expect(await newPayload(client, block)).toEqual(links(blocks[0]!))
      expect((await forkchoice(client, block)).payloadStatus).toEqual(links(blocks[0]!))
    }
  })

  test.each([
    ['its parent is not here', { executes: true, isKept: false }],
    ['its parent was never executed', { executes: true, isKept: true }],
    ['nothing is executed here', { executes: false, isKept: true }],
  ])('leaves open which is the last valid block where %s', async (_, { executes, isKept }) => {
    const engine = await startEngine({ executes })
    const { client, blocks, chain } = engine
    if (isKept) await chain.putBlocks(blocks.slice(0, 1))
    tell(engine)
    expect(await newPayload(client, blocks[3]!)).toEqual(links(undefined))
    expect((await forkchoice(client, blocks[3]!)).payloadStatus).toEqual(links(undefined))
  })

  test.each(['trusted-peer', 'checkpoint'] as const)('says nothing where a %s sent it there', async (source) => {
    const engine = await startEngine()
    tell(engine, source)
    expect(await newPayload(engine.client, engine.blocks[3]!)).toEqual(unjudged('SYNCING'))
  })
})

test('the last valid block is zero where it is one of proof of work, which a consensus client does not know', async () => {
  const spec = testSpec({ genesis: { difficulty: 131_072n } })
  const { client, blocks, executor } = await startEngine({ blocks: { count: 2, spec } })
  executor.invalid.add(hexOf(blocks[0]!.hash).slice(2))
  const answer = { status: 'INVALID', latestValidHash: `0x${'00'.repeat(32)}` }
  expect(await newPayload(client, blocks[0]!)).toMatchObject({
    ...answer,
    validationError: expect.stringMatching(/^block 1/),
  })
  expect(await newPayload(client, blocks[1]!)).toMatchObject({
    ...answer,
    validationError: expect.stringMatching(/^links to/),
  })
})

import { type TestFork, testSpec } from '@ethspan/chain/testing'
import { silentLogger, systemClock } from '@ethspan/core'
import { inProcess } from '@ethspan/rpc'
import { auth, connect } from '@ethspan/rpc/endpoints'
import { SignJWT } from 'jose'
import { describe, expect, onTestFinished, test } from 'vitest'
import { engineApi } from '../../src/index.js'
import { failureOf, hexOf } from '../support.js'
import { forkchoice, newPayload, payloadOf, payloadParams, startEngine } from './support.js'

const ZERO = `0x${'00'.repeat(32)}`

describe('newPayload wants what belongs to its version', () => {
  const later = (names: string) => ({ ...Object.fromEntries(names.split(' ').map((name) => [name, null])) })
  test.each<[number, TestFork, object, object, number, string]>([
    [1, 'shanghai', {}, {}, -32602, 'withdrawals not supported in V1'],
    [2, 'cancun', {}, {}, -32602, "can't use newPayloadV2 post-cancun"],
    [2, 'shanghai', later('withdrawals'), {}, -32602, 'nil withdrawals post-shanghai'],
    [2, 'paris', { withdrawals: [] }, {}, -32602, 'non-nil withdrawals pre-shanghai'],
    [2, 'shanghai', { excessBlobGas: '0x0' }, {}, -32602, 'non-nil excessBlobGas pre-cancun'],
    [2, 'shanghai', { blobGasUsed: '0x0' }, {}, -32602, 'non-nil blobGasUsed pre-cancun'],
    [3, 'cancun', later('withdrawals'), {}, -32602, 'nil withdrawals post-shanghai'],
    [3, 'cancun', later('excessBlobGas'), {}, -32602, 'nil excessBlobGas post-cancun'],
    [3, 'cancun', later('blobGasUsed'), {}, -32602, 'nil blobGasUsed post-cancun'],
    [3, 'cancun', {}, { root: null }, -32602, 'nil beaconRoot post-cancun'],
    [3, 'prague', {}, {}, -38005, 'newPayloadV3 must only be called for cancun payloads'],
    [4, 'prague', { slotNumber: '0x1' }, {}, -32602, 'slotNumber not supported pre-amsterdam'],
    [4, 'prague', { blockAccessList: '0xc0' }, {}, -32602, 'block access list not supported pre-amsterdam'],
    [4, 'cancun', {}, {}, -38005, 'newPayloadV4 must only be called for prague/osaka payloads'],
    [4, 'prague', {}, { requests: ['0x00'] }, -32602, 'empty request: [0]'],
    [4, 'prague', {}, { requests: ['0x0101', '0x0001'] }, -32602, 'invalid request order: [0 1]'],
    [4, 'prague', {}, { requests: ['0x0101', '0x0101'] }, -32602, 'invalid request order: [1 1]'],
    [5, 'amsterdam', later('slotNumber'), {}, -32602, 'nil slotnumber post-amsterdam'],
    [5, 'amsterdam', later('blockAccessList'), {}, -32602, 'missing block access list post-amsterdam'],
    [
      5,
      'prague',
      { slotNumber: '0x1', blockAccessList: '0xc0' },
      {},
      -38005,
      'newPayloadV5 must only be called for amsterdam payloads',
    ],
  ])('V%i at %s', async (version, fork, changes, beside, code, err) => {
    const { client, blocks } = await startEngine({ blocks: { count: 1, spec: testSpec({ fork }) } })
    const [payload, hashes, root, requests] = payloadParams(blocks[0]!, changes)
    const sent = { hashes, root: root ?? ZERO, requests, ...beside }
    const more = [sent.hashes, sent.root, sent.requests].slice(0, [0, 0, 0, 2, 3, 3][version])
    const call = client.request(`engine_newPayloadV${version}`, [payload, ...more])
    const message = code === -38005 ? 'Unsupported fork' : 'Invalid parameters'
    expect(await failureOf(call)).toEqual({ code, message, data: { err } })
  })

  test.each<[number, TestFork]>([
    [1, 'paris'],
    [2, 'paris'],
    [2, 'shanghai'],
    [3, 'cancun'],
    [4, 'prague'],
    [4, 'osaka'],
    [5, 'amsterdam'],
  ])('V%i takes a payload of %s', async (version, fork) => {
    const { client, blocks } = await startEngine({ blocks: { count: 1, spec: testSpec({ fork }) } })
    const all = payloadParams(blocks[0]!)
    const params = all.slice(0, [0, 1, 1, 3, 4, 4][version])
    const answer = await client.request(`engine_newPayloadV${version}`, params)
    expect(answer).toMatchObject({ status: 'VALID', latestValidHash: hexOf(blocks[0]!.hash) })
  })

  test.each([
    ['a field that is missing', { gasUsed: undefined }, "invalid argument 0: missing required field 'gasUsed'"],
    ['a field that is wrong', { gasUsed: '7' }, 'invalid argument 0: gasUsed: hex string without 0x prefix'],
  ])('%s is an error of the caller', async (_, changes, message) => {
    const { client, blocks } = await startEngine()
    expect(await failureOf(newPayload(client, blocks[0]!, changes))).toEqual({ code: -32602, message })
  })
})

test.each([
  ['the hashes of its blobs', 1],
  ['its requests', 3],
])('%s have to be there, if only as an empty list', async (_, index) => {
  const { client, blocks } = await startEngine()
  const params = payloadParams(blocks[0]!).map((it, i) => (i === index ? null : it))
  const failure = { code: -32602, message: `missing value for required argument ${index}` }
  expect(await failureOf(client.request('engine_newPayloadV4', params))).toEqual(failure)
})

describe('attributes of a block to build have what belongs to their version', () => {
  const attributes = {
    timestamp: '0x70000000',
    prevRandao: ZERO,
    suggestedFeeRecipient: `0x${'00'.repeat(20)}`,
    withdrawals: [],
    parentBeaconBlockRoot: ZERO,
    slotNumber: '0x1',
  }
  const [invalid, parameters, fork] = ['Invalid payload attributes', 'Invalid parameters', 'Unsupported fork']
  test.each<[number, TestFork, object, number, string, string]>([
    [1, 'paris', {}, -32602, parameters, 'withdrawals and beacon root not supported in V1'],
    [1, 'cancun', { withdrawals: null, parentBeaconBlockRoot: null }, -32602, parameters, 'fcuV1 called post-shanghai'],
    [2, 'shanghai', {}, -38003, invalid, 'unexpected beacon root'],
    [2, 'paris', { parentBeaconBlockRoot: null }, -38003, invalid, 'withdrawals before shanghai'],
    [2, 'shanghai', { parentBeaconBlockRoot: null, withdrawals: null }, -38003, invalid, 'missing withdrawals'],
    [
      2,
      'cancun',
      { parentBeaconBlockRoot: null },
      -38005,
      fork,
      'fcuV2 must only be called with paris or shanghai payloads',
    ],
    [3, 'cancun', { withdrawals: null }, -38003, invalid, 'missing withdrawals'],
    [3, 'cancun', { parentBeaconBlockRoot: null }, -38003, invalid, 'missing beacon root'],
    [3, 'amsterdam', {}, -38005, fork, 'fcuV3 must only be called for cancun/prague/osaka payloads'],
    [4, 'amsterdam', { slotNumber: null }, -38003, invalid, 'missing slot number'],
    [4, 'osaka', {}, -38005, fork, 'fcuV4 must only be called for amsterdam payloads'],
  ])('V%i at %s with %j', async (version, at, changes, code, message, err) => {
    const { client, blocks, chain } = await startEngine({ blocks: { count: 1, spec: testSpec({ fork: at }) } })
    const state = { headBlockHash: hexOf(blocks[0]!.hash), safeBlockHash: ZERO, finalizedBlockHash: ZERO }
    const call = client.request(`engine_forkchoiceUpdatedV${version}`, [state, { ...attributes, ...changes }])
    expect(await failureOf(call)).toEqual({ code, message, data: { err } })
    expect(chain.head().number).toBe(0n)
  })

  test('V4 also takes the columns of blobs that the consensus client keeps', async () => {
    const spec = testSpec({ fork: 'amsterdam' })
    const { client, blocks } = await startEngine({ blocks: { count: 1, spec } })
    await client.request('engine_newPayloadV5', payloadParams(blocks[0]!))
    const state = { headBlockHash: hexOf(blocks[0]!.hash), safeBlockHash: ZERO, finalizedBlockHash: ZERO }
    const params = [state, { ...attributes, timestamp: '0x70000000' }, `0x${'ff'.repeat(16)}`]
    expect(await client.request('engine_forkchoiceUpdatedV4', params)).toMatchObject({
      payloadStatus: { status: 'VALID' },
      payloadId: null,
    })
  })
})

test('the capabilities are what is offered, without what builds blocks', async () => {
  const { client } = await startEngine()
  const offered = await client.request<string[]>('engine_exchangeCapabilities', [['engine_newPayloadV1']])
  expect(offered.toSorted()).toEqual(
    [
      ...[1, 2, 3, 4, 5].map((version) => `engine_newPayloadV${version}`),
      ...[1, 2, 3, 4].map((version) => `engine_forkchoiceUpdatedV${version}`),
      ...[1, 2].flatMap((version) => [
        `engine_getPayloadBodiesByHashV${version}`,
        `engine_getPayloadBodiesByRangeV${version}`,
      ]),
      'engine_exchangeTransitionConfigurationV1',
      'engine_getClientVersionV1',
    ].toSorted(),
  )
})

test('every id of a payload is unknown', async () => {
  const { client } = await startEngine()
  for (const version of [1, 2, 3, 4, 5, 6]) {
    const call = client.request(`engine_getPayloadV${version}`, ['0x0300000000000001'])
    expect(await failureOf(call)).toEqual({ code: -38001, message: 'Unknown payload' })
  }
  const short = { code: -32602, message: 'invalid argument 0: hex string has length 2, want 16' }
  expect(await failureOf(client.request('engine_getPayloadV3', ['0x01']))).toEqual(short)
})

test('the client says who it is', async () => {
  const { client } = await startEngine()
  const theirs = { code: 'LH', name: 'lighthouse', version: 'v8', commit: '0x00000000' }
  expect(await client.request('engine_getClientVersionV1', [theirs])).toEqual([
    { code: 'ES', name: 'ethspan', version: expect.stringMatching(/^v\d+\.\d+\.\d+/), commit: '0x00000000' },
  ])
})

describe('the end of proof of work', () => {
  const exchange = async (changes: object) => {
    const { client } = await startEngine()
    const sent = { terminalTotalDifficulty: '0x0', terminalBlockHash: ZERO, terminalBlockNumber: '0x0', ...changes }
    return client.request('engine_exchangeTransitionConfigurationV1', [sent])
  }
  test('is agreed on', async () => {
    const genesis = hexOf(testSpec().genesis.hash)
    for (const terminalBlockHash of [ZERO, genesis]) {
      expect(await exchange({ terminalBlockHash })).toMatchObject({ terminalTotalDifficulty: '0x0', terminalBlockHash })
    }
  })
  test.each([
    [{ terminalTotalDifficulty: '0x1' }, 'invalid ttd: execution 0 consensus 0x1'],
    [{ terminalTotalDifficulty: null }, 'invalid terminal total difficulty'],
    [{ terminalBlockHash: `0x${'12'.repeat(32)}` }, 'invalid terminal block hash'],
  ])('is not: %j', async (changes, message) => {
    expect(await failureOf(exchange(changes))).toEqual({ code: -32000, message })
  })
})

describe('bodies of blocks', () => {
  async function start() {
    const engine = await startEngine({ blocks: { count: 3, spec: testSpec({ fork: 'amsterdam' }) } })
    for (const block of engine.blocks) await engine.client.request('engine_newPayloadV5', payloadParams(block))
    await forkchoice(engine.client, engine.blocks[2]!)
    return engine
  }

  test('by hash are in the order asked for, null where there is none', async () => {
    const { client, blocks } = await start()
    const hashes = [blocks[2]!, blocks[0]!].map(({ hash }) => hexOf(hash))
    const body = (i: number) => {
      const { transactions, withdrawals } = payloadOf(blocks[i]!)
      return { transactions, withdrawals }
    }
    const params = [[hashes[0], `0x${'12'.repeat(32)}`, hashes[1]]]
    expect(await client.request('engine_getPayloadBodiesByHashV1', params)).toEqual([body(2), null, body(0)])
    expect(await client.request('engine_getPayloadBodiesByHashV2', [[hashes[1]]])).toEqual([
      { ...body(0), blockAccessList: hexOf(blocks[0]!.accessList!) },
    ])
  })

  test('by range end with the head', async () => {
    const { client, blocks } = await start()
    const bodies = await client.request<{ transactions: string[] }[]>('engine_getPayloadBodiesByRangeV1', [
      '0x2',
      '0x40',
    ])
    const expected = blocks.slice(1).map((block) => payloadOf(block).transactions)
    expect(bodies.map(({ transactions }) => transactions)).toEqual(expected)
    expect(await client.request('engine_getPayloadBodiesByRangeV2', ['0x9', '0x1'])).toEqual([])
  })

  test.each([
    ['ByRangeV1', ['0x0', '0x1'], -32602, 'Invalid parameters', 'invalid start or count, start: 0x0 count: 0x1'],
    ['ByRangeV2', ['0x1', '0x0'], -32602, 'Invalid parameters', 'invalid start or count, start: 0x1 count: 0x0'],
    ['ByRangeV1', ['0x1', '0x401'], -38004, 'Too large request', 'requested count too large: 0x401'],
    ['ByHashV1', [Array(1025).fill(ZERO)], -38004, 'Too large request', 'requested count too large: 0x401'],
  ])('%s %#: too many, or none, are refused', async (name, params, code, message, err) => {
    const { client } = await startEngine()
    const call = client.request(`engine_getPayloadBodies${name}`, params)
    expect(await failureOf(call)).toEqual({ code, message, data: { err } })
  })
})

test('it is not there for who is not authenticated', async () => {
  const { chain } = await startEngine()
  const importer = { importBlocks: () => Promise.reject(new Error('nothing is imported here')) }
  const stranger = inProcess([engineApi({ chain, importer })])
  onTestFinished(() => stranger.close())
  expect(await failureOf(stranger.request('engine_exchangeCapabilities', [[]]))).toMatchObject({ code: -32601 })
})

test('only who has the secret reaches it, over HTTP and WebSocket', async () => {
  const { chain, blocks } = await startEngine()
  const jwtSecret = new Uint8Array(32).fill(7)
  const importer = { importBlocks: () => Promise.reject(new Error('nothing is imported here')) }
  const apis = [engineApi({ chain, importer })]
  const open = await auth({ port: 0, jwtSecret }).open({ apis: () => apis, log: silentLogger, clock: systemClock })
  onTestFinished(() => open.close())
  const headers = async () => {
    const token = new SignJWT({ iat: Math.floor(Date.now() / 1000) }).setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    return { Authorization: `Bearer ${await token.sign(jwtSecret)}` }
  }
  for (const url of [open.address, open.address.replace('http', 'ws')]) {
    const client = await connect(url, { headers })
    onTestFinished(() => client.close())
    expect(await newPayload(client, blocks[0]!)).toMatchObject({ status: 'ACCEPTED' })
    expect(await newPayload(client, blocks[2]!)).toMatchObject({ status: 'SYNCING' })
    expect((await forkchoice(client, blocks[2]!)).payloadStatus).toMatchObject({ status: 'SYNCING' })
  }
  const stranger = await fetch(open.address, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  expect(stranger.status).toBe(401)
})

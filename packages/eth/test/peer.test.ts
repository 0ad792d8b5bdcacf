import { DiscReason, deferred, encodeRlp, equalBytes } from '@ethspan/core'
import { describe, expect, test } from 'vitest'
import {
  decodeBlockHeaders,
  decodeGetBlockHeaders,
  decodeGetReceipts70,
  decodeHashRequest,
  decodeReceipts,
  encodeBlockBodies,
  encodeBlockHeaders,
  encodeBlockRange,
  encodeGetBlockHeaders,
  encodeHashRequest,
  encodeReceipts70,
  type LateAnswer,
  MAX_PENDING_REQUESTS,
  MAX_WAITING_REQUESTS,
  REQUEST_TIMEOUT_MS,
  serving,
} from '../src/index.js'
import { EMPTY_LIST, EthMsg, runPeer, settle, testChain } from './support.js'

const hash = new Uint8Array(32).fill(1)
const subprotocolError = { reason: DiscReason.SubprotocolError, side: 'local' }

describe('a request', () => {
  test('gets the answer with its id, in whatever order answers come', async () => {
    const { eth, far, chain } = runPeer(70)
    const first = eth.getBlockHeaders({ origin: 1n, limit: 2 })
    const second = eth.getBlockBodies([chain.blocks[3]!.hash])
    const asked = decodeGetBlockHeaders((await far.read()).payload)
    expect(asked).toMatchObject({ origin: 1n, limit: 2n, skip: 0n, reverse: false })
    const { requestId, hashes } = decodeHashRequest((await far.read()).payload, 'GetBlockBodies')
    expect(hashes).toEqual([chain.blocks[3]!.hash])
    expect(eth.pendingRequests).toBe(2)
    await far.write(EthMsg.BlockBodies, encodeBlockBodies(requestId, [chain.blocks[3]!.body]))
    await far.write(EthMsg.BlockHeaders, encodeBlockHeaders(asked.requestId, [chain.blocks[1]!.raw]))
    expect((await second)[0]!.transactions).toHaveLength(1)
    expect((await first).map(({ number }) => number)).toEqual([1n])
    expect(eth.pendingRequests).toBe(0)
  })

  test('that is not answered in time fails, and its late answer is reported once', async () => {
    const late: LateAnswer[] = []
    const handlers = { lateAnswer: (_: unknown, answer: LateAnswer) => void late.push(answer) }
    const { eth, far, clock, ended } = runPeer(69, { handlers })
    const failed = expect(eth.getBlockHeaders({ origin: 1n, limit: 1 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    const { requestId } = decodeGetBlockHeaders((await far.read()).payload)
    await clock.advance(REQUEST_TIMEOUT_MS)
    await failed
    await clock.advance(700)
    await far.write(EthMsg.BlockHeaders, encodeBlockHeaders(requestId, []))
    await settle()
    expect(late).toEqual([{ requestId, code: EthMsg.BlockHeaders, name: 'BlockHeaders', lateBy: 700 }])
    expect(await ended()).toBeUndefined()
    await far.write(EthMsg.BlockHeaders, encodeBlockHeaders(requestId, []))
    expect(await ended()).toMatchObject(subprotocolError)
  })

  test('that is given up five minutes ago is not known any more', async () => {
    const { eth, far, clock, ended } = runPeer(69)
    const failed = expect(eth.getBlockBodies([hash], { timeout: 5 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    const { requestId } = decodeHashRequest((await far.read()).payload, 'GetBlockBodies')
    await clock.advance(5 + 5 * 60_000)
    await failed
    eth.getBlockBodies([hash]).catch(() => undefined)
    await far.read()
    await far.write(EthMsg.BlockBodies, encodeBlockBodies(requestId, []))
    expect(await ended()).toMatchObject(subprotocolError)
  })

  test('is given up by its signal', async () => {
    const { eth, far, clock } = runPeer(69)
    const abort = new AbortController()
    const failed = expect(eth.getBlockBodies([hash], { signal: abort.signal })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    })
    await far.read()
    abort.abort()
    await failed
    await expect(eth.getBlockBodies([hash], { signal: abort.signal })).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    expect(clock.pendingTimers).toBe(0)
  })

  test('fails with the peer', async () => {
    const { eth, far, close, ended, clock } = runPeer(69)
    const failed = expect(eth.getBlockBodies([hash])).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    await far.read()
    close()
    await failed
    expect(await ended()).toBeNull()
    expect(clock.pendingTimers).toBe(0)
    await expect(eth.getBlockBodies([hash])).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  })

  test('is refused while the peer owes too many answers', async () => {
    const { eth, close } = runPeer(69)
    const asked = Array.from({ length: MAX_PENDING_REQUESTS }, () => eth.getBlockBodies([hash]))
    await expect(eth.getBlockBodies([hash])).rejects.toMatchObject({ code: 'ERR_STATE' })
    close()
    await Promise.allSettled(asked)
  })

  test('that the version does not have is refused', async () => {
    const { eth } = runPeer(69)
    await expect(eth.getBlockAccessLists([hash])).rejects.toMatchObject({ code: 'ERR_STATE' })
    await expect(eth.getReceipts([hash], { firstIndex: 1 })).rejects.toMatchObject({ code: 'ERR_STATE' })
    const many = Array.from({ length: 257 }, () => hash)
    await expect(eth.getPooledTransactions(many)).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
  })

  test('for receipts goes on where an answer stopped', async () => {
    const { eth, far, chain } = runPeer(70)
    const asked = eth.getReceipts([hash], { firstIndex: 3 })
    const { requestId, firstBlockReceiptIndex } = decodeGetReceipts70((await far.read()).payload)
    expect(firstBlockReceiptIndex).toBe(3n)
    await far.write(EthMsg.Receipts, encodeReceipts70(requestId, true, [chain.blocks[0]!.receipts]))
    const { blocks, lastBlockIncomplete } = await asked
    expect([blocks.length, lastBlockIncomplete]).toEqual([1, true])
  })
})

describe('a peer ends that', () => {
  const breaches: [string, number, Uint8Array][] = [
    ['answers what nobody asked', EthMsg.BlockHeaders, encodeBlockHeaders(9n, [])],
    ['sends Status again', EthMsg.Status, encodeRlp([])],
    ['sends a message of a later version', EthMsg.GetBlockAccessLists, encodeHashRequest(1n, [])],
    ['sends a message of an earlier version', EthMsg.NewBlockHashes, encodeRlp([])],
    ['sends a code without a meaning', 0x0b, encodeRlp([])],
    [
      'tells an impossible range',
      EthMsg.BlockRangeUpdate,
      encodeBlockRange({ earliest: 2n, latest: 1n, latestHash: hash }),
    ],
  ]
  test.each(breaches)('%s', async (_, code, payload) => {
    const { far, ended } = runPeer(70)
    await far.write(code, payload)
    expect(await ended()).toMatchObject(subprotocolError)
  })

  test('answers by another kind of message', async () => {
    const { eth, far, ended } = runPeer(69)
    const failed = expect(eth.getBlockHeaders({ origin: 1n, limit: 1 })).rejects.toMatchObject(subprotocolError)
    const { requestId } = decodeGetBlockHeaders((await far.read()).payload)
    await far.write(EthMsg.BlockBodies, encodeBlockBodies(requestId, []))
    await failed
    expect(await ended()).toMatchObject(subprotocolError)
  })

  test.each(['more than was asked for', 'no headers'])('answers by %s', async (what) => {
    const { eth, far, ended, chain } = runPeer(69)
    const failed = expect(eth.getBlockHeaders({ origin: 1n, limit: 1 })).rejects.toMatchObject({
      code: 'ERR_INVALID_RLP',
    })
    const { requestId } = decodeGetBlockHeaders((await far.read()).payload)
    const [a, b] = chain.blocks
    const items = what === 'no headers' ? [EMPTY_LIST] : [a!.raw, b!.raw]
    await far.write(EthMsg.BlockHeaders, encodeBlockHeaders(requestId, items))
    await failed
    expect(await ended()).toMatchObject({ code: 'ERR_INVALID_RLP' })
  })

  test('sends what a handler throws at', async () => {
    const wrong = new Error('bad transactions')
    const transactions = () => {
      throw wrong
    }
    const { far, ended } = runPeer(69, { handlers: { transactions } })
    await far.write(EthMsg.Transactions, encodeRlp([]))
    expect(await ended()).toBe(wrong)
  })

  test('asks for what cannot be served', async () => {
    const wrong = new Error('the disk is gone')
    const chain = { ...testChain(), header: () => Promise.reject(wrong) }
    const { far, ended } = runPeer(69, { serving: serving(chain) })
    await far.write(EthMsg.GetBlockHeaders, encodeGetBlockHeaders(1n, { origin: 0n, limit: 1n }))
    expect(await ended()).toBe(wrong)
  })
})

test('a range is kept as it was told last', async () => {
  const told: bigint[] = []
  const { eth, far } = runPeer(71, { handlers: { blockRange: (_, { latest }) => void told.push(latest) } })
  expect(eth.range?.latest).toBe(19n)
  await far.write(EthMsg.BlockRangeUpdate, encodeBlockRange({ earliest: 3n, latest: 51n, latestHash: hash }))
  await settle()
  expect(eth.range).toEqual({ earliest: 3n, latest: 51n, latestHash: hash })
  expect(told).toEqual([51n])
})

test('to a peer of eth/68 no range is sent', async () => {
  const { eth, far } = runPeer(68)
  await eth.sendBlockRange({ earliest: 0n, latest: 1n, latestHash: hash })
  expect(eth.range).toBeUndefined()
  const told = eth.sendTransactions([])
  expect((await far.read()).code).toBe(EthMsg.Transactions)
  await told
})

describe('requests of the peer', () => {
  test('are answered in their order, while messages go on being read', async () => {
    const gate = deferred<void>()
    const chain = testChain()
    const header = async (at: bigint | Uint8Array) => {
      await gate.promise
      return chain.header(at)
    }
    const heard: number[] = []
    const handlers = { transactions: () => void heard.push(1) }
    const { far } = runPeer(69, { serving: serving({ ...chain, header }), handlers })
    await far.write(EthMsg.GetBlockHeaders, encodeGetBlockHeaders(7n, { origin: 1n, limit: 2n }))
    await far.write(EthMsg.GetReceipts, encodeHashRequest(8n, [chain.blocks[1]!.hash]))
    await far.write(EthMsg.Transactions, encodeRlp([]))
    await settle()
    expect(heard).toEqual([1])
    gate.resolve()
    const headers = await far.read()
    expect(headers.code).toBe(EthMsg.BlockHeaders)
    const answer = decodeBlockHeaders(headers.payload, 2)
    expect(answer.requestId).toBe(7n)
    expect(answer.headers.map(({ raw }) => raw)).toEqual([chain.blocks[1]!.raw, chain.blocks[2]!.raw])
    const receipts = decodeReceipts((await far.read()).payload, 69, 1)
    expect(receipts.requestId).toBe(8n)
    expect(receipts.blocks[0]).toHaveLength(1)
  })

  test('are left unread while too many wait', async () => {
    const { far, chain } = runPeer(69)
    let taken = 0
    const asked = Array.from({ length: MAX_WAITING_REQUESTS + 4 }, (_, i) =>
      far.write(EthMsg.GetBlockBodies, encodeHashRequest(BigInt(i), [chain.blocks[1]!.hash])).then(() => {
        taken++
      }),
    )
    await settle()
    expect(taken).toBe(MAX_WAITING_REQUESTS)
    for (const _ of asked) await far.read()
    await Promise.all(asked)
  })

  test.each([68, 69, 70, 71] as const)('of eth/%i are all answered by another of our peers', async (version) => {
    const a = runPeer(version)
    const b = runPeer(version)
    const pump = async (from: typeof a, to: typeof a) => {
      for await (const { code, payload } of from.far) await to.far.write(code, payload)
    }
    const pumps = [pump(a, b), pump(b, a)]
    const hashes = a.chain.blocks.map(({ hash }) => hash)
    const headers = await a.eth.getBlockHeaders({ origin: hashes[19]!, limit: 20, reverse: true })
    expect(headers.map(({ number }) => Number(number))).toEqual(Array.from({ length: 20 }, (_, i) => 19 - i))
    expect(await a.eth.getBlockBodies(hashes)).toHaveLength(20)
    const { blocks } = await a.eth.getReceipts(hashes)
    expect(blocks.map((block) => block.length)).toEqual(Array(20).fill(1))
    expect(blocks[0]![0]!.bloom?.length).toBe(version === 68 ? 256 : undefined)
    expect(await a.eth.getPooledTransactions([hash])).toEqual([])
    if (version === 71) {
      const lists = await a.eth.getBlockAccessLists(hashes.slice(0, 2))
      expect(lists[0]).toBeUndefined()
      expect(equalBytes(lists[1]!, EMPTY_LIST)).toBe(true)
    }
    a.close()
    b.close()
    await Promise.allSettled(pumps)
    expect([await a.ended(), await b.ended()]).toEqual([null, null])
  })
})

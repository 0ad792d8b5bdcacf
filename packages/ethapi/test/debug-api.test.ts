import { decodeBody, decodeHeader, decodeReceipt68, encodeReceipt69 } from '@ethspan/chain'
import { encodeRlp, hexToBytes, joinRlpList, splitRlpList } from '@ethspan/core'
import { expect, test } from 'vitest'
import { FakePool, failureOf, hexOf, startApi } from './support.js'

const UNKNOWN = `0x${'12'.repeat(32)}`
const bytesOf = (text: string) => hexToBytes(text.slice(2))

test('a block’s bytes are its header, its transactions and the rest, by number, tag and hash', async () => {
  const { client, blocks } = await startApi()
  const { hash, header } = blocks[4]!
  for (const block of ['0x5', 'latest', hexOf(hash), { blockHash: hexOf(hash) }, { blockNumber: '0x5' }]) {
    expect(await client.request('debug_getRawHeader', [block])).toBe(hexOf(header.raw))
    const [raw, ...parts] = splitRlpList(bytesOf(await client.request('debug_getRawBlock', [block])), 'block', {
      max: 4,
    })
    expect(decodeHeader(raw!)).toEqual(header)
    expect(decodeBody(joinRlpList(parts))).toEqual(decodeBody(blocks[4]!.body.raw))
  }
})

test('receipts are told as the block’s root has them, with their bloom filters', async () => {
  const { client, blocks, chain } = await startApi()
  const told = await client.request<string[]>('debug_getRawReceipts', [hexOf(blocks[4]!.hash)])
  expect(told.length).toBeGreaterThan(0)
  const FIRST_LIST = 0xc0
  const stored = told.map((text) => {
    const bytes = bytesOf(text)
    return encodeReceipt69(decodeReceipt68(bytes[0]! < FIRST_LIST ? encodeRlp(bytes) : bytes))
  })
  expect(stored).toEqual(await chain.receipts(blocks[4]!.hash))
})

test('a transaction’s bytes are told whether it is mined or waits', async () => {
  const pool = new FakePool()
  const { client, blocks } = await startApi({ pool })
  const [mined] = blocks[0]!.body.transactions
  const read = (hash: string) => client.request('debug_getRawTransaction', [hash])
  const { hash } = new FakePool().pool(mined!)
  expect(await read(hexOf(hash))).toBe(hexOf(mined!.bytes))
  const waiting = pool.pool(blocks[1]!.body.transactions[0]!)
  expect(await read(hexOf(waiting.hash))).toBe(hexOf(waiting.bytes))
  expect(await read(UNKNOWN)).toBe('0x')
})

test('what is not there is told as geth does', async () => {
  const { client } = await startApi()
  const bytes = Array(32).fill(18).join(' ')
  for (const [method, future, unknown] of [
    ['debug_getRawHeader', '0x', `header #[${bytes}] not found`],
    ['debug_getRawBlock', '0x', `block #[${bytes}] not found`],
    ['debug_getRawReceipts', null, []],
  ] as const) {
    expect(await client.request(method, ['0x6'])).toBe(future)
    if (typeof unknown !== 'string') expect(await client.request(method, [UNKNOWN])).toEqual(unknown)
    else expect(await failureOf(client.request(method, [UNKNOWN]))).toEqual({ code: -32000, message: unknown })
    expect(await failureOf(client.request(method, ['safe']))).toEqual({ code: -32000, message: 'safe block not found' })
  }
})

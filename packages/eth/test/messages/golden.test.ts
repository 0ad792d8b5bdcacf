import {
  decodeLogs,
  encodeBody,
  encodeHeader,
  encodeReceipt69,
  encodeTransaction,
  headerHash,
  transactionHash,
  unclesHash,
} from '@ethspan/chain'
import { testHeader } from '@ethspan/chain/testing'
import { bytesToHex, encodeRlp, hexToBytes, keccak256 } from '@ethspan/core'
import { describe, expect, test } from 'vitest'
import {
  decodeBlockBodies,
  decodeBlockHeaders,
  decodeGetBlockHeaders,
  decodeHashRequest,
  decodePooledTransactions,
  decodeReceipts,
  encodeBlockBodies,
  encodeBlockHeaders,
  encodeGetBlockHeaders,
  encodeHashRequest,
  encodePooledTransactions,
  encodeReceipts,
} from '../../src/index.js'
import { gethMessages, gethTransactions } from './geth-bytes.js'

const ID = 1111n
const word = (hex: string) => hexToBytes(hex.padStart(64, '0'))
const hashes = [word('deadc0de'), word('feedbeef')]
const header = testHeader({
  difficulty: 2222n,
  number: 3333n,
  gasLimit: 4444n,
  gasUsed: 5555n,
  time: 6666n,
  extraData: hexToBytes('7788'),
})
const hex = (bytes: Uint8Array) => bytesToHex(bytes)

describe("geth's bytes are written and read:", () => {
  test('GetBlockHeaders', () => {
    const byHash = { origin: hashes[0]!, limit: 5n, skip: 5n, reverse: false }
    expect(hex(encodeGetBlockHeaders(ID, byHash))).toBe(gethMessages.getBlockHeadersByHash)
    expect(decodeGetBlockHeaders(hexToBytes(gethMessages.getBlockHeadersByHash))).toEqual({ requestId: ID, ...byHash })
    const byNumber = { ...byHash, origin: 9999n }
    expect(hex(encodeGetBlockHeaders(ID, byNumber))).toBe(gethMessages.getBlockHeadersByNumber)
    expect(decodeGetBlockHeaders(hexToBytes(gethMessages.getBlockHeadersByNumber)).origin).toBe(9999n)
  })

  test('BlockHeaders', () => {
    expect(hex(encodeBlockHeaders(ID, [encodeHeader(header)]))).toBe(gethMessages.blockHeaders)
    const { requestId, headers } = decodeBlockHeaders(hexToBytes(gethMessages.blockHeaders), 1)
    expect(requestId).toBe(ID)
    expect(headers).toEqual([{ ...header, raw: encodeHeader(header) }])
    expect(headerHash(headers[0]!)).toEqual(keccak256(encodeHeader(header)))
  })

  test.each(['GetBlockBodies', 'GetReceipts', 'GetPooledTransactions'] as const)('%s', (name) => {
    const golden = {
      GetBlockBodies: 'getBlockBodies',
      GetReceipts: 'getReceipts',
      GetPooledTransactions: 'getPooledTransactions',
    } as const
    const bytes = gethMessages[golden[name]]
    expect(hex(encodeHashRequest(ID, hashes))).toBe(bytes)
    expect(decodeHashRequest(hexToBytes(bytes), name)).toEqual({ requestId: ID, hashes })
  })

  test('BlockBodies', () => {
    const { bodies } = decodeBlockBodies(hexToBytes(gethMessages.blockBodies), 1)
    const [body] = bodies
    expect(body!.transactions.map(encodeTransaction).map(hex)).toEqual(gethTransactions)
    expect(body!.uncles).toEqual([{ ...header, raw: encodeHeader(header) }])
    expect(unclesHash(body!)).toEqual(keccak256(encodeRlp([Object.values(header)])))
    expect(hex(encodeBlockBodies(ID, [encodeBody(body!)]))).toBe(gethMessages.blockBodies)
  })

  test('Receipts of eth/69', () => {
    const { blocks } = decodeReceipts(hexToBytes(gethMessages.receipts69), 69, 1)
    expect(blocks[0]!.map(({ cumulativeGasUsed }) => cumulativeGasUsed)).toEqual([333n, 444n])
    expect(blocks[0]!.map(({ postStateOrStatus }) => postStateOrStatus.length)).toEqual([0, 1])
    expect(decodeLogs(blocks[0]![0]!)).toEqual([
      { address: word('11').subarray(12), topics: [word('dead'), word('beef')], data: hexToBytes('0100ff') },
    ])
    const raw = blocks.map((block) => block.map(encodeReceipt69))
    expect(hex(encodeReceipts(ID, raw))).toBe(gethMessages.receipts69)
  })

  test('PooledTransactions', () => {
    const { transactions } = decodePooledTransactions(hexToBytes(gethMessages.pooledTransactions), 2)
    expect(transactions.map(transactionHash)).toEqual(gethTransactions.map((tx) => keccak256(hexToBytes(tx))))
    expect(hex(encodePooledTransactions(ID, transactions.map(encodeTransaction)))).toBe(gethMessages.pooledTransactions)
  })

  test('answers and requests without an item', () => {
    const empty = 'c4820457c0'
    expect(hex(encodeHashRequest(ID, []))).toBe(empty)
    expect(hex(encodeBlockHeaders(ID, []))).toBe(empty)
    expect(hex(encodeReceipts(ID, []))).toBe(empty)
    expect(decodeBlockHeaders(hexToBytes(empty), 0)).toEqual({ requestId: ID, headers: [] })
    expect(decodeReceipts(hexToBytes(empty), 69, 0).blocks).toEqual([])
  })
})

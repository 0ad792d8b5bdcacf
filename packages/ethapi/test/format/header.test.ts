import { testBlocks, testSpec } from '@ethspan/chain/testing'
import { encodeRlp, joinRlpList, splitRlpList } from '@ethspan/core'
import { expect, test } from 'vitest'
import { blockJson, headerJson, newHeadJson, uncleJson } from '../../src/format/header.js'
import { hexOf } from '../support.js'

const LATER_FIELDS = [
  'baseFeePerGas',
  'withdrawalsRoot',
  'blobGasUsed',
  'excessBlobGas',
  'parentBeaconBlockRoot',
  'requestsHash',
  'blockAccessListHash',
  'slotNumber',
]

const blockOf = async (fork: 'paris' | 'amsterdam', transactions = 2) => {
  const [block] = await testBlocks({ count: 1, spec: testSpec({ fork }), transactions })
  return block!
}

test('a header has the fields of its fork, in geth’s words', async () => {
  const { header, hash } = await blockOf('amsterdam')
  expect(headerJson(header, hash)).toEqual({
    number: '0x1',
    hash: hexOf(hash),
    parentHash: hexOf(header.parentHash),
    nonce: '0x0000000000000000',
    mixHash: hexOf(header.mixDigest),
    sha3Uncles: hexOf(header.ommersHash),
    logsBloom: hexOf(header.bloom),
    stateRoot: hexOf(header.stateRoot),
    miner: hexOf(header.coinbase),
    difficulty: '0x0',
    extraData: '0x',
    gasLimit: '0x1c9c380',
    gasUsed: '0xea60',
    timestamp: '0x6553f10c',
    transactionsRoot: hexOf(header.txsRoot),
    receiptsRoot: hexOf(header.receiptsRoot),
    baseFeePerGas: '0x342770c0',
    withdrawalsRoot: hexOf(header.withdrawalsRoot!),
    blobGasUsed: `0x${header.blobGasUsed!.toString(16)}`,
    excessBlobGas: '0x0',
    parentBeaconBlockRoot: hexOf(header.parentBeaconRoot!),
    requestsHash: hexOf(header.requestsHash!),
    blockAccessListHash: hexOf(header.blockAccessListHash!),
    slotNumber: '0x1',
  })
})

test('a field that the fork does not have is left out of a header, and null in a new head', async () => {
  const { header, hash } = await blockOf('paris')
  expect(Object.keys(headerJson(header, hash))).not.toEqual(expect.arrayContaining(['withdrawalsRoot']))
  const head = newHeadJson(header, hash)
  expect(LATER_FIELDS.map((name) => head[name])).toEqual(['0x342770c0', ...Array(7).fill(null)])
})

test.each([0, 1, 40])('the size of a block with %i transactions is that of its RLP', async (count) => {
  const block = await blockOf('amsterdam', count)
  const parts = splitRlpList(block.body.raw, 'body', { max: 3 })
  const size = joinRlpList([block.header.raw, ...parts]).length
  expect(blockJson(block)).toMatchObject({ size: `0x${size.toString(16)}`, uncles: [] })
})

test('an uncle is told as a block without transactions', async () => {
  const { header, hash } = await blockOf('paris')
  const size = joinRlpList([header.raw, encodeRlp([]), encodeRlp([])]).length
  const uncle = uncleJson(header)
  expect(uncle).toMatchObject({ hash: hexOf(hash), size: `0x${size.toString(16)}`, uncles: [] })
  expect(uncle).not.toHaveProperty('transactions')
})

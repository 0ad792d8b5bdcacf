import { bytesToHex, equalBytes, keccak256 } from '@ethspan/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeLogs,
  decodeReceipt68,
  decodeReceipt69,
  encodeLogs,
  encodeReceipt68,
  encodeReceipt69,
  logsBloom,
  receiptConsensusBytes,
} from '../../src/index.js'
import * as any from '../support/arbitraries.js'

const hash = new Uint8Array(32).fill(7)
const EMPTY = new Uint8Array(0)
const invalid = expect.objectContaining({ code: 'ERR_INVALID_RLP' })

describe('receipts', () => {
  const log = { address: new Uint8Array(20), topics: [hash], data: EMPTY }
  const receipt = { type: 2, postStateOrStatus: Uint8Array.of(1), cumulativeGasUsed: 9n, logs: encodeLogs([log]) }

  test('are read as they were written, in both forms', () => {
    fc.assert(
      fc.property(any.receipt, (receipt) => {
        expect(decodeReceipt69(encodeReceipt69(receipt))).toEqual(receipt)
        expect(decodeReceipt68(encodeReceipt68(receipt))).toEqual({ ...receipt, bloom: logsBloom(decodeLogs(receipt)) })
      }),
    )
  })

  test('of eth/68 and eth/69 are the same in the trie', () => {
    const old = decodeReceipt68(encodeReceipt68(receipt))
    const bytes = receiptConsensusBytes(receipt)
    expect(old.bloom).toEqual(logsBloom([log]))
    expect(receiptConsensusBytes(old)).toEqual(bytes)
    expect(receiptConsensusBytes(decodeReceipt69(encodeReceipt69(receipt)))).toEqual(bytes)
  })

  test('keep the bloom they came with, so that a wrong one shows in the root', () => {
    const wrong = decodeReceipt68(encodeReceipt68({ ...receipt, bloom: new Uint8Array(256) }))
    expect(equalBytes(receiptConsensusBytes(wrong), receiptConsensusBytes(receipt))).toBe(false)
  })

  test.each([
    ['a status of 2', { postStateOrStatus: Uint8Array.of(2) }],
    ['a short state root', { postStateOrStatus: new Uint8Array(31) }],
    ['a type above 0x7f', { type: 0x80 }],
    ['five topics', { logs: encodeLogs([{ ...log, topics: [hash, hash, hash, hash, hash] }]) }],
    ['a log without an address', { logs: encodeLogs([{ ...log, address: EMPTY }]) }],
  ])('with %s are refused', (_, fields) => {
    expect(() => decodeReceipt69(encodeReceipt69({ ...receipt, ...fields }))).toThrow(invalid)
  })
})

describe('a bloom filter', () => {
  test('has the bits of each address and topic, whatever else is in it', () => {
    fc.assert(
      fc.property(fc.array(any.log, { maxLength: 5 }), any.log, (others, log) => {
        const all = logsBloom([...others, log])
        expect(logsBloom([log]).every((byte, i) => (all[i]! & byte) === byte)).toBe(true)
      }),
    )
  })

  test('of nothing is empty', () => {
    expect(logsBloom([]).some((byte) => byte !== 0)).toBe(false)
  })

  /** geth, core/types: `TestBloomExtensively`. */
  test('is the one that geth makes', () => {
    const address = (i: number) => new TextEncoder().encode(`xxxxxxxxxx data ${i} yyyyyyyyyyyyyy`)
    const bloom = logsBloom(Array.from({ length: 100 }, (_, i) => ({ address: address(i), topics: [], data: EMPTY })))
    expect(bytesToHex(keccak256(bloom))).toBe('c8d3ca65cdb4874300a9e39475508f23ed6da09fdbc487f89a2dcf50b09eb263')
  })
})

import { concatBytes, encodeRlp, joinRlpList, keccak256 } from '@ethspan/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeTransaction, encodeTransaction, transactionHash } from '../../src/index.js'
import { transaction } from '../support/arbitraries.js'

const hash = new Uint8Array(32).fill(7)
const EMPTY = new Uint8Array(0)
const invalid = expect.objectContaining({ code: 'ERR_INVALID_RLP' })

describe('transactions', () => {
  test('are read as they were written', () => {
    fc.assert(
      fc.property(transaction, (tx) => {
        expect(decodeTransaction(encodeTransaction(tx))).toEqual(tx)
      }),
    )
  })

  test.each([
    ['no type', EMPTY],
    ['type 0', Uint8Array.of(0, 0xc0)],
    ['a type above 0x7f', Uint8Array.of(0x80, 0xc0)],
    ['nothing after the type', Uint8Array.of(2)],
    ['no list after the type', Uint8Array.of(2, 1)],
  ])('with %s are refused', (_, bytes) => {
    expect(() => decodeTransaction(encodeRlp(bytes))).toThrow(invalid)
  })

  test('of the legacy kind have nine fields', () => {
    expect(() => decodeTransaction(encodeRlp([1, 2, 3]))).toThrow(invalid)
    expect(() => decodeTransaction(encodeRlp([1, 2, 3, 4, 5, 6, 7, 8, [9]]))).toThrow(invalid)
  })

  test('with blobs have one hash, with and without their sidecar', () => {
    const body = encodeRlp([1, 2, 3, [hash]])
    const alone = concatBytes(Uint8Array.of(3), body)
    const withSidecar = concatBytes(Uint8Array.of(3), joinRlpList([body, encodeRlp(1), encodeRlp([]), encodeRlp([])]))
    expect(transactionHash({ type: 3, bytes: alone })).toEqual(keccak256(alone))
    expect(transactionHash({ type: 3, bytes: withSidecar })).toEqual(keccak256(alone))
  })
})

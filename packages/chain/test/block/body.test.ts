import { encodeRlp, joinRlpList, keccak256 } from '@ethspan/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeBody, EMPTY_UNCLES_HASH, encodeBody, encodeHeader, unclesHash } from '../../src/index.js'
import { body, headerFields } from '../support/arbitraries.js'

const invalid = expect.objectContaining({ code: 'ERR_INVALID_RLP' })
describe('bodies', () => {
  test('have two uncles at most', () => {
    const [raw] = fc.sample(headerFields, 1).map(encodeHeader) as [Uint8Array]
    const body = { transactions: [], uncles: [{ raw }, { raw }, { raw }] }
    expect(() => decodeBody(encodeBody(body))).toThrow(invalid)
  })

  test('hold no more items than fit their bytes', () => {
    const dust = joinRlpList(Array.from({ length: 100 }, () => encodeRlp(Uint8Array.of(2, 0xc0))))
    expect(() => decodeBody(joinRlpList([dust, encodeRlp([])]))).toThrow(invalid)
  })

  test('are read as they were written, and keep the bytes that are hashed', () => {
    fc.assert(
      fc.property(body, (fields) => {
        const raw = encodeBody(fields)
        const read = decodeBody(raw)
        expect(encodeBody(read)).toEqual(raw)
        expect(read.raw).toEqual(raw)
        expect(read.withdrawals).toEqual(fields.withdrawals)
        expect(read.withdrawalsRaw?.length).toBe(fields.withdrawals?.length)
        expect(unclesHash(read)).toEqual(keccak256(joinRlpList(fields.uncles.map((uncle) => uncle.raw))))
      }),
    )
  })

  test('without uncles have the hash that every block of proof of stake has', () => {
    expect(unclesHash(decodeBody(encodeBody({ transactions: [], uncles: [] })))).toEqual(EMPTY_UNCLES_HASH)
  })
})

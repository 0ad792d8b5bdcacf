import { encodeRlp } from '@ethspan/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeHeader, encodeHeader, headerHash, MAX_EXTRA_DATA_BYTES } from '../../src/index.js'
import { testHeader } from '../../src/testing/index.js'
import { headerFields } from '../support/arbitraries.js'

const hash = new Uint8Array(32).fill(7)
const invalid = expect.objectContaining({ code: 'ERR_INVALID_RLP' })
const header = testHeader({ number: 1n })

describe('headers', () => {
  test('of any fork are read as they were written', () => {
    fc.assert(
      fc.property(headerFields, (fields) => {
        const raw = encodeHeader(fields)
        expect(decodeHeader(raw)).toEqual({ ...fields, raw })
      }),
    )
  })

  test('have no gap in their fields', () => {
    expect(() => encodeHeader({ ...header, withdrawalsRoot: hash })).toThrow(invalid)
  })

  test.each([
    ['more fields than any fork has', 24],
    ['too few fields', 14],
  ])('with %s are refused', (_, count) => {
    expect(() => decodeHeader(encodeRlp(Array(count).fill(0)))).toThrow(invalid)
  })

  test('bound their numbers and their extra data as geth does', () => {
    for (const fields of [
      { difficulty: 2n ** 80n },
      { number: 2n ** 64n },
      { extraData: new Uint8Array(MAX_EXTRA_DATA_BYTES + 1) },
    ]) {
      expect(() => decodeHeader(encodeHeader({ ...header, ...fields }))).toThrow(invalid)
    }
  })

  test('are hashed by the bytes they came in, all of them', () => {
    fc.assert(
      fc.property(headerFields, fc.nat(), fc.integer({ min: 1, max: 255 }), (fields, at, by) => {
        const raw = encodeHeader(fields)
        const changed = raw.with(at % raw.length, raw[at % raw.length]! ^ by)
        expect(headerHash({ raw: changed })).not.toEqual(headerHash({ raw }))
      }),
    )
  })
})

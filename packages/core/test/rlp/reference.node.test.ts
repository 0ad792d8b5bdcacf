// The `rlp` package is CommonJS, which the browser project does not bundle; the comparison says the same everywhere.
import * as fc from 'fast-check'
import { decode, encode } from 'rlp'
import { expect, test } from 'vitest'
import { decodeRlp, encodeRlp } from '../../src/rlp/rlp.js'
import { inputs } from './inputs.js'

test('agrees with the published codec in both directions', () => {
  fc.assert(
    fc.property(inputs, (value) => {
      const encoded = encodeRlp(value)
      expect(encoded).toEqual(encode(value as Parameters<typeof encode>[0]))
      expect(decodeRlp(encoded)).toEqual(decode(encoded))
    }),
  )
})

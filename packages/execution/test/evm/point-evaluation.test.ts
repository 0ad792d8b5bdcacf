import { describe, expect, test } from 'vitest'
import { pointEvaluation } from '../../src/evm/point-evaluation.js'

// go-ethereum, core/vm/testdata/precompiles/pointEvaluation.json: versioned hash, z, y, commitment, proof.
const VALID =
  '01e798154708fe7789429634053cbf9f99b619f9f084048927333fce637f549b564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d3630624d25032e67a7e6a4910df5834b8fe70e6bcfeeac0352434196bdf4b2485d5a18f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca25f26936857bc3a7c2539ea8ec3a952b7873033e038326e87ed3e1276fd140253fa08e9fc25fb2d9a98527fc22a2c9612fbeafdad446cbc7bcdbdcd780af2c16a'
const part = (from: number, to: number) => `0x${VALID.slice(2 * from, 2 * to)}`
const [z, y, commitment, proof] = [part(32, 64), part(64, 96), part(96, 144), part(144, 192)]
/** The point at infinity: the commitment to, and the proof of, a polynomial that is 0 everywhere. */
const INFINITY = `0xc0${'00'.repeat(47)}`
const zero = `0x${'00'.repeat(32)}`

describe('the point evaluation', () => {
  test("holds for geth's example", () => {
    expect(pointEvaluation.verifyProof(commitment, z, y, proof)).toBe(true)
  })

  test('does not hold for another value, point or proof', () => {
    expect(pointEvaluation.verifyProof(commitment, z, zero, proof)).toBe(false)
    expect(pointEvaluation.verifyProof(commitment, zero, y, proof)).toBe(false)
    expect(pointEvaluation.verifyProof(commitment, z, y, commitment)).toBe(false)
  })

  test('knows the polynomial that is nothing', () => {
    expect(pointEvaluation.verifyProof(INFINITY, z, zero, INFINITY)).toBe(true)
    expect(pointEvaluation.verifyProof(INFINITY, z, y, INFINITY)).toBe(false)
  })

  test.each([
    ['a number that is no field element', commitment, `0x${'ff'.repeat(32)}`, y, proof],
    ['a point that is not on the curve', `0x8f${'11'.repeat(47)}`, z, y, proof],
    ['a proof that is none', commitment, z, y, `0x${'00'.repeat(48)}`],
  ])('refuses %s as bad input', (_what, ...input) => {
    expect(() => pointEvaluation.verifyProof(...(input as [string, string, string, string]))).toThrow('C_KZG_BADARGS')
  })
})

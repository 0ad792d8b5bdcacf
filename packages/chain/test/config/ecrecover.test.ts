import { ecrecover as reference } from '@ethereumjs/util'
import { bytesToHex, hexToBytes, isCurveFast, loadCurve, sign } from '@ethspan/core'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { ecrecover } from '../../src/config/ecrecover.js'
import { chainCommon, sepoliaSpec } from '../../src/index.js'

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const key = hexToBytes('b71c71a67e1177ad4e901695e1b4b9ee17ae16c6668d313eac2f96dbcda3f291')
const words = fc.uint8Array({ minLength: 32, maxLength: 32 })

beforeAll(async () => {
  await loadCurve()
})

type Arguments = Parameters<typeof reference>

function outcome(run: typeof reference, args: Arguments): string {
  try {
    return bytesToHex(run(...args))
  } catch {
    return 'refused'
  }
}

test('in Node it is that of the fast curve', () => {
  expect(isCurveFast()).toBe(true)
})

test.each<[string, bigint | undefined, (parity: bigint) => bigint]>([
  ['a parity', undefined, (parity) => parity],
  ['27 and 28', undefined, (parity) => parity + 27n],
  ['EIP-155', 11155111n, (parity) => parity + 35n + 2n * 11155111n],
  ['EIP-155 of another chain', 1n, (parity) => parity + 35n + 2n * 5n],
  ['a recovery id past the parities', undefined, (parity) => parity + 29n],
])('v as %s means what @ethereumjs takes it for', (_name, chainId, toV) => {
  fc.assert(
    fc.property(words, fc.boolean(), (digest, isHigh) => {
      const signature = sign(digest, key)
      const s = BigInt(`0x${bytesToHex(signature.subarray(32, 64))}`)
      const high = hexToBytes((ORDER - s).toString(16).padStart(64, '0'))
      const v = toV(BigInt(signature[64]!))
      const args: Arguments = [
        digest,
        v,
        signature.subarray(0, 32),
        isHigh ? high : signature.subarray(32, 64),
        chainId,
      ]
      expect(outcome(ecrecover, args)).toBe(outcome(reference, args))
    }),
    { numRuns: 25 },
  )
})

test('numbers without their leading zeros, and any others, give what @ethereumjs gives', () => {
  const short = fc.uint8Array({ maxLength: 33 })
  fc.assert(
    fc.property(words, fc.bigInt({ min: 0n, max: 30n }), short, short, (digest, v, r, s) => {
      expect(outcome(ecrecover, [digest, v, r, s])).toBe(outcome(reference, [digest, v, r, s]))
    }),
    { numRuns: 200 },
  )
})

test('@ethereumjs is given it with the rules of a chain, unless somebody brings another', () => {
  expect(chainCommon(sepoliaSpec.config).customCrypto.ecrecover).toBe(ecrecover)
  expect(chainCommon(sepoliaSpec.config, { ecrecover: reference }).customCrypto.ecrecover).toBe(reference)
})

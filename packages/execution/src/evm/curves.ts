// The precompiles that take as many points of a curve as one pays for: pairings (EIP-197, EIP-2537), and sums of multiples
// (EIP-2537). A point takes some ten milliseconds, and a call may pay for thousands.
import { EVMError, type ExecResult, NobleBLS, type PrecompileInput } from '@ethereumjs/evm'
import { bytesToHex, concatBytes } from '@ethspan/core'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { bn254 } from '@noble/curves/bn254.js'
import type { Precompile } from './precompile.js'

const bls = new NobleBLS()

/** With it the library checks an input and prices it, and does no more. A pairing answers with a word. */
const NO_ARITHMETIC = {
  _bls: { msmG1: nothing, msmG2: nothing, pairingCheck: nothing },
  _bn254: { pairing: nothing },
} as unknown as PrecompileInput['_EVM'] // It has all that these precompiles use of an EVM.

function nothing(): Uint8Array {
  return new Uint8Array(32)
}

type Curve = Pick<typeof bn254, 'G1' | 'G2' | 'fields' | 'pairingBatch'>
type Pair = Parameters<Curve['pairingBatch']>[0][number]

interface PairingInput {
  readonly curve: Curve
  /** Of a pair. */
  readonly bytes: number
  /** Of a coordinate, leading zeros with it. */
  readonly coordinateBytes: number
  /** Which coordinates of the second point come first: those without the imaginary unit, or those with it. */
  readonly first: 'real' | 'imaginary'
}

const BLS_PAIRS: PairingInput = { curve: bls12_381, bytes: 384, coordinateBytes: 64, first: 'real' }
const BN254_PAIRS: PairingInput = { curve: bn254, bytes: 192, coordinateBytes: 32, first: 'imaginary' }

/** A pair at a time, where there are more than one. */
const pairing =
  ({ curve, ...input }: PairingInput): Precompile =>
  async (sent, library, rest) => {
    const { data, gasLimit } = sent
    if (data.length <= input.bytes) return library(sent)
    const result = await library({ ...sent, _EVM: NO_ARITHMETIC })
    if (result.exceptionError !== undefined) return result
    const { Fp12 } = curve.fields
    let product = Fp12.ONE
    for (let at = 0; at < data.length; at += input.bytes) {
      await rest()
      const pair = pairOf(data.subarray(at, at + input.bytes), { curve, ...input })
      if (pair === undefined) return noPoint(gasLimit)
      // The steps that all pairings share come last, once.
      if (!pair.g1.is0() && !pair.g2.is0()) product = Fp12.mul(product, curve.pairingBatch([pair], false))
    }
    await rest()
    const returnValue = new Uint8Array(32)
    if (Fp12.eql(Fp12.finalExponentiate(product), Fp12.ONE)) returnValue[31] = 1
    return { ...result, returnValue }
  }

/** Undefined where these are no points of the curve's groups. */
function pairOf(bytes: Uint8Array, { curve, coordinateBytes, first }: PairingInput): Pair | undefined {
  const numbers = Array.from({ length: 6 }, (_, i) =>
    BigInt(`0x${bytesToHex(bytes.subarray(i * coordinateBytes, (i + 1) * coordinateBytes))}`),
  )
  if (numbers.some((number) => number >= curve.fields.Fp.ORDER)) return undefined
  const [x, y, ...twist] = numbers as [bigint, bigint, bigint, bigint, bigint, bigint]
  const [x0, x1, y0, y1] = first === 'real' ? twist : [twist[1], twist[0], twist[3], twist[2]]
  const { G1, G2 } = curve
  try {
    const isZero1 = x === 0n && y === 0n
    const isZero2 = twist.every((number) => number === 0n)
    const g1 = isZero1 ? G1.Point.ZERO : G1.Point.fromAffine({ x, y })
    const g2 = isZero2 ? G2.Point.ZERO : G2.Point.fromAffine({ x: { c0: x0, c1: x1 }, y: { c0: y0, c1: y1 } })
    if (!isZero1) g1.assertValidity()
    if (!isZero2) g2.assertValidity()
    return { g1, g2 }
  } catch {
    return undefined
  }
}

interface SumInput {
  /** Of a point. */
  readonly pointBytes: number
  /** Sums multiples: points, each with its factor behind it. @throws for what is no point of the group */
  readonly sum: (input: Uint8Array) => Uint8Array
}

const FACTOR_BYTES = 32
/** Points taken together: as many as take some 20 ms. */
const POINTS_AT_ONCE = 2
const ONE = new Uint8Array(FACTOR_BYTES).fill(1, FACTOR_BYTES - 1)

/** A few points at a time, where there are more. */
const sumOfMultiples =
  ({ pointBytes, sum }: SumInput): Precompile =>
  async (sent, library, rest) => {
    const { data, gasLimit } = sent
    const piece = POINTS_AT_ONCE * (pointBytes + FACTOR_BYTES)
    if (data.length <= piece) return library(sent)
    const result = await library({ ...sent, _EVM: NO_ARITHMETIC })
    if (result.exceptionError !== undefined) return result
    let returnValue = new Uint8Array(pointBytes)
    for (let at = 0; at < data.length; at += piece) {
      await rest()
      try {
        // The sum until now is one more point.
        returnValue = Uint8Array.from(sum(concatBytes(returnValue, ONE, data.subarray(at, at + piece))))
      } catch {
        return noPoint(gasLimit)
      }
    }
    return { ...result, returnValue }
  }

/** All of the gas is gone, as with the library. */
const noPoint = (gasLimit: bigint): ExecResult => ({
  returnValue: new Uint8Array(0),
  executionGasUsed: gasLimit,
  exceptionError: new EVMError(EVMError.errorMessages.BLS_12_381_POINT_NOT_ON_CURVE),
})

export const bn254Pairing: Precompile = pairing(BN254_PAIRS)
export const blsPairing: Precompile = pairing(BLS_PAIRS)
export const blsG1Sum: Precompile = sumOfMultiples({ pointBytes: 128, sum: (input) => bls.msmG1(input) })
export const blsG2Sum: Precompile = sumOfMultiples({ pointBytes: 256, sum: (input) => bls.msmG2(input) })

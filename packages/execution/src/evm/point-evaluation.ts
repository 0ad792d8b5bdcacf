// The precompile at address 10 (EIP-4844): that a blob's polynomial has a value at a point. The EVM brings its checks and its
// price, and wants the arithmetic. A whole KZG library would bring 1.8 MB of trusted setup; this takes one point of it.
import type { KZG } from '@ethereumjs/util'
import { bls12_381 } from '@noble/curves/bls12-381.js'

/** The secret of Ethereum's KZG ceremony times the generator of G₂: x₀, x₁, y₀ and y₁. Source: consensus-specs, `trusted_setup_4096`. */
const S_G2 = {
  x: {
    c0: 0x185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2n,
    c1: 0x15bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f3499f72n,
  },
  y: {
    c0: 0x014353bdb96b626dd7d5ee8599d1fca2131569490e28de18e82451a496a9c9794ce26d105941f383ee689bfbbb832a99n,
    c1: 0x1666c54b0a32529503432fcae0181b4bef79de09fc63671fda5ed1ba9bfa07899495346f3d7ac9cd23048ef30d0a154fn,
  },
}

const { G1, G2, fields } = bls12_381

/**
 * Whether e(C − y·G₁, G₂) = e(proof, s·G₂ − z·G₂). Each is `0x` and hexadecimal digits.
 * @throws Error with the code by which the EVM knows bad input
 */
function verifyProof(commitment: string, z: string, y: string, proof: string): boolean {
  const Point2 = G2.Point
  let claim: InstanceType<typeof G1.Point>
  let witness: InstanceType<typeof G1.Point>
  const [at, value] = [BigInt(z), BigInt(y)]
  try {
    claim = pointOf(commitment).subtract(G1.Point.BASE.multiplyUnsafe(value))
    witness = pointOf(proof)
    if (at >= fields.Fr.ORDER || value >= fields.Fr.ORDER) throw new RangeError('no field element')
  } catch (cause) {
    throw new Error('C_KZG_BADARGS', { cause })
  }
  const shifted = Point2.fromAffine({ x: fields.Fp2.create(S_G2.x), y: fields.Fp2.create(S_G2.y) }).subtract(
    Point2.BASE.multiplyUnsafe(at),
  )
  const pairs = [
    { g1: claim.negate(), g2: Point2.BASE },
    { g1: witness, g2: shifted },
  ].filter(({ g1, g2 }) => !g1.is0() && !g2.is0())
  return fields.Fp12.eql(bls12_381.pairingBatch(pairs), fields.Fp12.ONE)
}

function pointOf(hex: string): InstanceType<typeof G1.Point> {
  const point = G1.Point.fromHex(hex.slice(2))
  point.assertValidity()
  return point
}

// The EVM asks for nothing else.
export const pointEvaluation = { verifyProof } as unknown as KZG

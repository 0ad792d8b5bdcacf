import { Common, Hardfork, Mainnet } from '@ethereumjs/common'
import { createEVM, type ExecResult, getActivePrecompiles, type PrecompileFunc } from '@ethereumjs/evm'
import { bytesToHex, concatBytes } from '@ethspan/core'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { bn254 } from '@noble/curves/bn254.js'
import { describe, expect, test } from 'vitest'
import { precompilesInPieces } from '../../src/evm/precompiles.js'

const GAS = 50_000_000n

/** Both ways to run a precompile, and how often the one in pieces rested. */
async function startBoth(address: number, hardfork: string = Hardfork.Osaka) {
  const common = new Common({ chain: Mainnet, hardfork })
  const evm = await createEVM({ common })
  const hex = address.toString(16).padStart(40, '0')
  let rests = 0
  const rest = async () => void rests++
  const custom = precompilesInPieces(common, rest).find((it) => it.address === `0x${hex}`)
  if (custom === undefined || !('function' in custom)) throw new Error(`no precompile ${address}`)
  const run = (precompile: PrecompileFunc, data: Uint8Array, gasLimit: bigint) =>
    precompile({ data, gasLimit, common, _EVM: evm })
  return async (data: Uint8Array, gasLimit = GAS) => {
    rests = 0
    const ours = told(await run(custom.function, data, gasLimit))
    expect(ours).toEqual(told(await run(getActivePrecompiles(common).get(hex)!, data, gasLimit)))
    return { ...ours, rests }
  }
}

const told = ({ returnValue, executionGasUsed, exceptionError }: ExecResult) => ({
  returned: bytesToHex(returnValue),
  gas: executionGasUsed,
  hasFailed: exceptionError !== undefined,
})

function bytesOf(value: bigint | number, length: number): Uint8Array {
  const hex = value.toString(16).padStart(2 * length, '0')
  return Uint8Array.from({ length }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16))
}

describe('BLAKE2 in pieces', () => {
  const input = (rounds: number, isFinal = 1) =>
    concatBytes(
      bytesOf(rounds, 4),
      Uint8Array.from({ length: 208 }, (_, i) => i * 7 + 3),
      Uint8Array.of(isFinal),
    )

  test.each([
    ['many rounds', input(10_007), 6],
    ['many rounds, not the last block', input(4_001, 0), 3],
    ['few rounds', input(12), 0],
    ['a flag that is none', input(10_007, 2), 0],
    ['a byte too many', new Uint8Array(214), 0],
  ])('gives what the library gives: %s', async (_, data, rests) => {
    const both = await startBoth(9)
    expect((await both(data)).rests).toBe(rests)
  })

  test('fails where the gas does not last', async () => {
    const both = await startBoth(9)
    expect(await both(input(10_007), 10_006n)).toMatchObject({ hasFailed: true, gas: 10_006n, rests: 0 })
    expect(await both(input(10_007), 10_007n)).toMatchObject({ hasFailed: false, gas: 10_007n })
  })
})

describe('powers in pieces', () => {
  const fill = (length: number, from: number) => Uint8Array.from({ length }, (_, i) => from + i * 31)
  const input = (base: Uint8Array, exponent: Uint8Array, modulus: Uint8Array, given = 1) => {
    const parts = [base, exponent, modulus]
    const data = concatBytes(...parts.map(({ length }) => bytesOf(length, 32)), ...parts)
    return data.subarray(0, Math.floor(data.length * given))
  }
  const cases: readonly [string, Uint8Array][] = [
    ['a long exponent', input(fill(8, 1), fill(1_000, 3), fill(8, 7))],
    ['a long modulus', input(fill(1_000, 1), fill(40, 3), fill(1_001, 7))],
    ['a short result', input(fill(1, 2), fill(1_000, 1), concatBytes(new Uint8Array(20), fill(1, 9)))],
    ['a base longer than the modulus', input(fill(900, 1), fill(5, 3), fill(7, 5))],
    ['a modulus of one', input(fill(900, 1), fill(5, 3), Uint8Array.of(1))],
    ['a modulus of zero', input(fill(900, 1), fill(5, 3), new Uint8Array(7))],
    ['no modulus', input(fill(900, 1), fill(5, 3), new Uint8Array(0))],
    ['no base', input(new Uint8Array(0), fill(900, 3), fill(7, 1))],
    ['an exponent of zero', input(fill(900, 1), new Uint8Array(5), fill(7, 5))],
    ['no exponent', input(fill(900, 1), new Uint8Array(0), fill(7, 5))],
    ['an input that ends in the exponent', input(fill(8, 1), fill(1_000, 3), fill(8, 7), 0.5)],
    ['an input that ends in the modulus', input(fill(8, 1), fill(700, 3), fill(300, 7), 0.8)],
    ['little', input(fill(8, 1), fill(32, 3), fill(8, 7))],
  ]
  describe.each(['byzantium', 'london', 'osaka'])('at %s', (fork) => {
    test.each(cases)('gives what the library gives: %s', async (_, data) => {
      const both = await startBoth(5, fork)
      const { gas } = await both(data)
      expect(await both(data, gas - 1n)).toMatchObject({ hasFailed: true, rests: 0 })
    })
  })

  test('rests with each byte of the exponent, and with each bit where the modulus is large', async () => {
    const both = await startBoth(5, 'london')
    expect((await both(input(fill(8, 1), fill(40, 3), fill(1_024, 7)))).rests).toBe(40)
    expect((await both(input(fill(8, 1), fill(40, 3), fill(1_025, 7)))).rests).toBe(40 * 8)
  })

  test('of millions of bits it rests with each byte, where the library takes minutes', async () => {
    const common = new Common({ chain: Mainnet, hardfork: Hardfork.Prague })
    const [custom] = precompilesInPieces(common, async () => {
      if (rests++ === 100_000) throw new Error('has to end')
    })
    let rests = 0
    if (custom === undefined || !('function' in custom)) throw new Error('no precompile')
    const data = input(fill(8, 1), new Uint8Array(1_000_000).fill(1), fill(8, 7))
    const evm = await createEVM({ common })
    await expect(custom.function({ data, gasLimit: GAS, common, _EVM: evm })).rejects.toThrow('has to end')
  })
})

/** A point and its encodings. */
const { G1, G2, fields } = bls12_381
const blsG1 = (n: bigint) => {
  const { x, y } = G1.Point.BASE.multiply(n).toAffine()
  return concatBytes(bytesOf(x, 64), bytesOf(y, 64))
}
const blsG2 = (n: bigint) => {
  const { x, y } = G2.Point.BASE.multiply(n).toAffine()
  return concatBytes(...[x.c0, x.c1, y.c0, y.c1].map((it) => bytesOf(it, 64)))
}
/** On the curve, and of no use: not in the group of the right order. */
function strayG1(): Uint8Array {
  for (let x = 1n; ; x++) {
    const square = fields.Fp.add(fields.Fp.pow(x, 3n), 4n)
    try {
      const y = fields.Fp.sqrt(square)
      if (!G1.Point.fromAffine({ x, y }).isTorsionFree()) return concatBytes(bytesOf(x, 64), bytesOf(y, 64))
    } catch {}
  }
}

describe('sums of multiples in pieces', () => {
  const factors = [7n, fields.Fr.ORDER - 3n, 0n, fields.Fr.ORDER + 5n, 1n]
  test.each([
    ['G₁', 0x0c, blsG1, 128],
    ['G₂', 0x0e, blsG2, 256],
  ])('give what the library gives, in %s', async (_, address, point, bytes) => {
    const both = await startBoth(address)
    const terms = factors.map((factor, i) => concatBytes(point(BigInt(i + 2)), bytesOf(factor, 32)))
    const { gas, rests } = await both(concatBytes(...terms))
    expect(rests).toBe(3)
    expect(await both(concatBytes(...terms), gas - 1n)).toMatchObject({ hasFailed: true, rests: 0 })
    expect((await both(terms[0]!)).rests).toBe(0)
    const zero = new Uint8Array(bytes + 32)
    await both(concatBytes(zero, zero, ...terms.slice(0, 2)))
    // One that is taken back by another: the sum is nothing.
    const [plus, minus] = [bytesOf(5n, 32), bytesOf(fields.Fr.ORDER - 5n, 32)]
    const nothing = await both(concatBytes(point(9n), plus, point(9n), minus, zero))
    expect(nothing).toMatchObject({ returned: '00'.repeat(bytes), hasFailed: false })
    const wrong = terms[2]!.slice()
    wrong[bytes - 1]! ^= 1
    const failed = await both(concatBytes(terms[0]!, terms[1]!, wrong))
    expect(failed).toMatchObject({ hasFailed: true, gas: GAS, rests: 2 })
    expect(await both(concatBytes(...terms).subarray(1))).toMatchObject({ hasFailed: true, rests: 0 })
  })

  test('take no point that is not in the group', async () => {
    const both = await startBoth(0x0c)
    const terms = [blsG1(3n), blsG1(4n), strayG1()].map((point) => concatBytes(point, bytesOf(3n, 32)))
    expect(await both(concatBytes(...terms))).toMatchObject({ hasFailed: true, rests: 2 })
  })
})

describe('pairings in pieces', () => {
  const bnG1 = (n: bigint) => {
    const { x, y } = bn254.G1.Point.BASE.multiply(n).toAffine()
    return concatBytes(bytesOf(x, 32), bytesOf(y, 32))
  }
  const bnG2 = (n: bigint) => {
    const { x, y } = bn254.G2.Point.BASE.multiply(n).toAffine()
    return concatBytes(...[x.c1, x.c0, y.c1, y.c0].map((it) => bytesOf(it, 32)))
  }
  test.each([
    ['BN254', 0x08, bnG1, bnG2, bn254.fields],
    ['BLS12-381', 0x0f, blsG1, blsG2, fields],
  ] as const)('give what the library gives: %s', async (_, address, g1, g2, { Fr, Fp }) => {
    const both = await startBoth(address)
    const pair = (a: bigint, b: bigint) => concatBytes(g1(a), g2(b))
    // 3·5 + 7·2 = 29.
    const right = concatBytes(pair(3n, 5n), pair(7n, 2n), pair(Fr.ORDER - 29n, 1n))
    expect(await both(right)).toMatchObject({ returned: '1'.padStart(64, '0'), rests: 4 })
    const { gas } = await both(right)
    expect(await both(right, gas - 1n)).toMatchObject({ hasFailed: true, rests: 0 })
    expect(await both(concatBytes(pair(3n, 5n), pair(7n, 2n)))).toMatchObject({ returned: '0'.repeat(64), rests: 3 })
    expect((await both(pair(3n, 5n))).rests).toBe(0)
    const [zero1, zero2] = [new Uint8Array(g1(1n).length), new Uint8Array(g2(1n).length)]
    const zeros = concatBytes(zero1, g2(4n), g1(4n), zero2, zero1, zero2)
    expect(await both(zeros)).toMatchObject({ returned: '1'.padStart(64, '0') })
    const wrong = right.slice()
    wrong[wrong.length - 1]! ^= 1
    expect(await both(wrong)).toMatchObject({ hasFailed: true, gas: GAS, rests: 3 })
    // The same number twice, once with the field's order on it: no coordinate.
    const coordinate = zero1.length / 2
    const tooLarge = pair(3n, 5n)
    const x = BigInt(`0x${bytesToHex(tooLarge.subarray(0, coordinate))}`)
    tooLarge.set(bytesOf(x + Fp.ORDER, coordinate))
    expect(await both(concatBytes(tooLarge, pair(7n, 2n)))).toMatchObject({ hasFailed: true })
    expect(await both(right.subarray(1))).toMatchObject({ hasFailed: true, rests: 0 })
    expect((await both(new Uint8Array(0))).rests).toBe(0)
  })
})

test('none is there before its fork', () => {
  const addresses = (hardfork: string) =>
    precompilesInPieces(new Common({ chain: Mainnet, hardfork }), async () => {}).map(({ address }) =>
      `${address}`.slice(-2),
    )
  expect(addresses(Hardfork.Homestead)).toEqual([])
  expect(addresses(Hardfork.Cancun)).toEqual(['05', '08', '09'])
  expect(addresses(Hardfork.Prague)).toEqual(['05', '08', '09', '0c', '0e', '0f'])
})

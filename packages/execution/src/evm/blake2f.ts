// The precompile at address 9 (EIP-152): as many rounds of BLAKE2b as one pays for, at one gas each. The library's takes some two
// seconds for a million, in one go; a call may pay for fifty millions.
import type { PrecompileInput } from '@ethereumjs/evm'
import type { Precompile } from './precompile.js'

/** Length of the input. */
const INPUT_BYTES = 213
/** So many rounds and fewer are left to the library: a millisecond or two. */
const FEW_ROUNDS = 1_000
/** Rounds between two looks at the clock: a millisecond. */
const ROUNDS_AT_ONCE = 2_000

/** By round, modulo 10: which words of the message go where (RFC 7693, section 2.7). */
const SIGMA = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
].map((row) => Uint8Array.from(row))

/** The columns and the diagonals of the four by four words (RFC 7693, section 3.2). */
const LINES = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const

/** The square roots of the first eight primes, the first 64 bits of their fractions. */
const IV = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
]

/** Rounds in pieces, where there are many. */
export const blake2f: Precompile = (input, library, rest) => {
  const { data, gasLimit, common } = input
  if (data.length !== INPUT_BYTES) return library(input)
  const rounds = new DataView(data.buffer, data.byteOffset).getUint32(0)
  const executionGasUsed = common.param('blake2RoundGas') * BigInt(rounds)
  if (rounds <= FEW_ROUNDS || data[INPUT_BYTES - 1]! > 1 || executionGasUsed > gasLimit) return library(input)
  return compress(input, rounds, rest).then((returnValue) => ({ executionGasUsed, returnValue }))
}

async function compress({ data }: PrecompileInput, rounds: number, rest: () => Promise<void>): Promise<Uint8Array> {
  const input = new DataView(data.buffer, data.byteOffset, data.length)
  const state = BigUint64Array.from({ length: 8 }, (_, i) => input.getBigUint64(4 + 8 * i, true))
  const message = BigUint64Array.from({ length: 16 }, (_, i) => input.getBigUint64(68 + 8 * i, true))
  const work = BigUint64Array.from([...state, ...IV])
  work[12]! ^= input.getBigUint64(196, true)
  work[13]! ^= input.getBigUint64(204, true)
  if (data[INPUT_BYTES - 1] === 1) work[14]! ^= 2n ** 64n - 1n
  const [v, m] = [halves(work), halves(message)]
  for (let round = 0; round < rounds; round++) {
    if (round % ROUNDS_AT_ONCE === 0) await rest()
    const order = SIGMA[round % SIGMA.length]!
    for (let i = 0; i < LINES.length; i++) mix(v, m, LINES[i]!, order[2 * i]!, order[2 * i + 1]!)
  }
  const mixed = joined(v)
  const output = new DataView(new ArrayBuffer(64))
  for (const [i, word] of state.entries()) output.setBigUint64(8 * i, word ^ mixed[i]! ^ mixed[i + 8]!, true)
  return new Uint8Array(output.buffer)
}

/** Each word as its lower and its upper half: whole ones would be made anew by each operation. */
function halves(words: BigUint64Array): Int32Array {
  return Int32Array.from([...words].flatMap((word) => [Number(word & 0xffffffffn), Number(word >> 32n)]))
}

function joined(v: Int32Array): bigint[] {
  return Array.from({ length: v.length / 2 }, (_, i) => (BigInt(v[2 * i + 1]! >>> 0) << 32n) | BigInt(v[2 * i]! >>> 0))
}

/** One line of words with two of the message: the function G (RFC 7693, section 3.1). */
function mix(v: Int32Array, m: Int32Array, line: (typeof LINES)[number], x: number, y: number): void {
  const [a, b, c, d] = [2 * line[0], 2 * line[1], 2 * line[2], 2 * line[3]]
  let [bl, bh, dl, dh] = [v[b]!, v[b + 1]!, v[d]!, v[d + 1]!]
  let sum = (v[a]! >>> 0) + (bl >>> 0) + (m[2 * x]! >>> 0)
  let ah = (v[a + 1]! + bh + m[2 * x + 1]! + carryOf(sum)) | 0
  let al = sum | 0
  let [low, high] = [dl ^ al, dh ^ ah]
  dl = high
  dh = low
  sum = (v[c]! >>> 0) + (dl >>> 0)
  let ch = (v[c + 1]! + dh + carryOf(sum)) | 0
  let cl = sum | 0
  low = bl ^ cl
  high = bh ^ ch
  bl = (low >>> 24) | (high << 8)
  bh = (high >>> 24) | (low << 8)
  sum = (al >>> 0) + (bl >>> 0) + (m[2 * y]! >>> 0)
  ah = (ah + bh + m[2 * y + 1]! + carryOf(sum)) | 0
  al = sum | 0
  low = dl ^ al
  high = dh ^ ah
  dl = (low >>> 16) | (high << 16)
  dh = (high >>> 16) | (low << 16)
  sum = (cl >>> 0) + (dl >>> 0)
  ch = (ch + dh + carryOf(sum)) | 0
  cl = sum | 0
  low = bl ^ cl
  high = bh ^ ch
  v[a] = al
  v[a + 1] = ah
  v[b] = (low << 1) | (high >>> 31)
  v[b + 1] = (high << 1) | (low >>> 31)
  v[c] = cl
  v[c + 1] = ch
  v[d] = dl
  v[d + 1] = dh
}

/** What a sum of halves has above its 32 bits. */
const carryOf = (sum: number): number => (sum / 0x100000000) | 0

// Keccak-f[1600] as a WebAssembly module, written out by a generator: the 25 lanes are 64-bit locals and each round is
// unrolled over them, which no engine does for plain code, whose integers have 32 bits. Source: FIPS 202, sections 3.2 and 3.3.

/** Bytes that one permutation absorbs for a digest of 256 bits. */
export const RATE = 136
/** Bytes of a state. */
export const STATE_LENGTH = 200
/** Where the module's one page of memory holds the running state, a copy of it to finish, the round constants and the input. */
export const STATE_AT = 0
export const SCRATCH_AT = 256
const ROUND_CONSTANTS_AT = 512
export const INPUT_AT = 1024
/** Whole blocks that fit behind {@link INPUT_AT}: about 16 KiB, which the processor's nearest cache still holds. */
export const INPUT_BLOCKS = 120

const ROUND_CONSTANTS = [
  0x0000000000000001n,
  0x0000000000008082n,
  0x800000000000808an,
  0x8000000080008000n,
  0x000000000000808bn,
  0x0000000080000001n,
  0x8000000080008081n,
  0x8000000000008009n,
  0x000000000000008an,
  0x0000000000000088n,
  0x0000000080008009n,
  0x000000008000000an,
  0x000000008000808bn,
  0x800000000000008bn,
  0x8000000000008089n,
  0x8000000000008003n,
  0x8000000000008002n,
  0x8000000000000080n,
  0x000000000000800an,
  0x800000008000000an,
  0x8000000080008081n,
  0x8000000000008080n,
  0x0000000080000001n,
  0x8000000080008008n,
]

/** What the module exports. */
export interface KeccakExports {
  readonly memory: { readonly buffer: ArrayBuffer }
  /** Absorbs `blocks` (at least one) blocks at {@link INPUT_AT} into the state at `state`. */
  absorb(state: number, blocks: number): void
}

// The locals of `absorb`: two parameters, two pointers, then the lanes before and behind rho and pi, and theta's two rows.
const STATE = 0
const BLOCKS = 1
const INPUT = 2
const CONSTANT = 3
const A = 4
const B = A + 25
const C = B + 25
const D = C + 5
const I64_LOCALS = 25 + 25 + 5 + 5

// The instructions that are used, as their encoding.
const get = (local: number) => [0x20, local]
const set = (local: number) => [0x21, local]
const tee = (local: number) => [0x22, local]
const i32Const = (value: number) => [0x41, ...leb(value)]
const i64Const = (value: number) => [0x42, ...leb(value)]
const load64 = (offset: number) => [0x29, 3, ...leb(offset)]
const store64 = (offset: number) => [0x37, 3, ...leb(offset)]
const loop = (...body: number[][]) => [0x03, 0x40, ...body.flat(), 0x0b]
const REPEAT_IF = [0x0d, 0]
const ADD32 = [0x6a]
const DIFFERS32 = [0x47]
const XOR = [0x85]
const AND = [0x83]
const ROTL = [0x89]

/** Signed LEB128, which keeps a positive number's sign bit clear and so reads the same where an unsigned one is due. */
function leb(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; ; rest >>= 7) {
    const low = rest & 0x7f
    const isLast = rest >> 7 === (low & 0x40 ? -1 : 0)
    bytes.push(isLast ? low : low | 0x80)
    if (isLast) return bytes
  }
}

const lanes = (count: number, of: (lane: number) => number[]): number[] =>
  Array.from({ length: count }, (_, i) => of(i)).flat()

/** By how much rho rotates the lane at x + 5y. */
function rotations(): number[] {
  const offsets = new Array<number>(25).fill(0)
  for (let t = 0, x = 1, y = 0; t < 24; t++) {
    offsets[x + 5 * y] = (((t + 1) * (t + 2)) / 2) % 64
    ;[x, y] = [y, (2 * x + 3 * y) % 5]
  }
  return offsets
}

function round(): number[] {
  const rotation = rotations()
  const parities = lanes(5, (x) => [
    ...get(A + x),
    ...lanes(4, (row) => [...get(A + x + 5 * (row + 1)), ...XOR]),
    ...set(C + x),
  ])
  const thetas = lanes(5, (x) => [
    ...get(C + ((x + 4) % 5)),
    ...[...get(C + ((x + 1) % 5)), ...i64Const(1), ...ROTL],
    ...XOR,
    ...set(D + x),
  ])
  const moved = lanes(25, (lane) => {
    const x = lane % 5
    const y = Math.floor(lane / 5)
    return [
      ...[...get(A + lane), ...get(D + x), ...XOR],
      ...(rotation[lane] === 0 ? [] : [...i64Const(rotation[lane]!), ...ROTL]),
      ...set(B + y + 5 * ((2 * x + 3 * y) % 5)),
    ]
  })
  const chi = lanes(25, (lane) => {
    const inRow = (step: number) => B + lane - (lane % 5) + (((lane % 5) + step) % 5)
    return [
      ...get(B + lane),
      ...[...get(inRow(1)), ...i64Const(-1), ...XOR],
      ...[...get(inRow(2)), ...AND],
      ...XOR,
      ...set(A + lane),
    ]
  })
  const iota = [...get(A), ...get(CONSTANT), ...load64(0), ...XOR, ...set(A)]
  return [...parities, ...thetas, ...moved, ...chi, ...iota]
}

function absorb(): number[] {
  const end = ROUND_CONSTANTS_AT + 8 * ROUND_CONSTANTS.length
  const permutation = [
    ...[...i32Const(ROUND_CONSTANTS_AT), ...set(CONSTANT)],
    ...loop(
      round(),
      [...get(CONSTANT), ...i32Const(8), ...ADD32, ...tee(CONSTANT)],
      [...i32Const(end), ...DIFFERS32, ...REPEAT_IF],
    ),
  ]
  return [
    ...[...i32Const(INPUT_AT), ...set(INPUT)],
    ...lanes(25, (i) => [...get(STATE), ...load64(8 * i), ...set(A + i)]),
    ...loop(
      lanes(RATE / 8, (i) => [...get(A + i), ...get(INPUT), ...load64(8 * i), ...XOR, ...set(A + i)]),
      permutation,
      [...get(INPUT), ...i32Const(RATE), ...ADD32, ...set(INPUT)],
      [...get(BLOCKS), ...i32Const(-1), ...ADD32, ...tee(BLOCKS), ...REPEAT_IF],
    ),
    ...lanes(25, (i) => [...get(STATE), ...get(A + i), ...store64(8 * i)]),
  ]
}

const sized = (bytes: number[]): number[] => [...leb(bytes.length), ...bytes]
const section = (id: number, ...bytes: number[]): number[] => [id, ...sized(bytes)]
const name = (text: string): number[] => sized([...text].map((letter) => letter.charCodeAt(0)))

/** The module's bytes, some 2 KiB. */
export function keccakModule(): Uint8Array<ArrayBuffer> {
  const i32 = 0x7f
  const i64 = 0x7e
  const locals = [2, 2, i32, I64_LOCALS, i64]
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 1, 0x60, 2, i32, i32, 0),
    ...section(3, 1, 0),
    ...section(5, 1, 0, 1),
    ...section(7, 2, ...name('memory'), 2, 0, ...name('absorb'), 0, 0),
    ...section(10, 1, ...sized([...locals, ...absorb(), 0x0b])),
  ])
}

/** Fills in what the module reads beside its input. */
export function writeRoundConstants(memory: ArrayBuffer): void {
  const view = new DataView(memory)
  ROUND_CONSTANTS.forEach((constant, i) => {
    view.setBigUint64(ROUND_CONSTANTS_AT + 8 * i, constant, true)
  })
}

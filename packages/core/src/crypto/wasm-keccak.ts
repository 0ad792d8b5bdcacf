// Keccak's lanes have 64 bits: in WASM it is some fifteen times as fast as in plain code. A peer has two running digests, and
// Chromium allows about 124 WASM memories in a process, so all digests share one and take turns in it. No library fits: the
// best one, hash-wasm, ends a state by reading its digest and swaps states so slowly that a frame of 1 KiB took twice as long.
import { asError } from '../errors.js'
import type { RunningKeccak } from './crypto.js'
import {
  INPUT_AT,
  INPUT_BLOCKS,
  type KeccakExports,
  keccakModule,
  RATE,
  SCRATCH_AT,
  STATE_AT,
  STATE_LENGTH,
  writeRoundConstants,
} from './keccak-wasm-module.js'

declare const WebAssembly: {
  instantiate(bytes: Uint8Array<ArrayBuffer>): Promise<{ readonly instance: { readonly exports: unknown } }>
}

const DIGEST_LENGTH = 32
/** Keccak's padding: a one behind the input and a one at the block's end. SHA-3 has 0x06 in place of the first. */
const PADDING_START = 0x01
const PADDING_END = 0x80

/** Keccak-256 in WASM. */
export interface WasmKeccak {
  keccak256(data: Uint8Array): Uint8Array
  runningKeccak(): RunningKeccak
}

/** Either the hasher, or what keeps WASM from working here, such as a Content-Security-Policy without `wasm-unsafe-eval`. */
export type WasmKeccakResult =
  | { readonly keccak: WasmKeccak; readonly error?: never }
  | { readonly keccak?: never; readonly error: Error }

// The one thing of this package that a process has once: see above.
let shared: Promise<WasmKeccakResult> | undefined
let atHand: WasmKeccak | undefined

/** The process's one WASM hasher, once somebody has loaded it. */
export const loadedWasmKeccak = (): WasmKeccak | undefined => atHand

/** The process's one WASM hasher, compiled on the first call. What failed is tried again by the next call. */
export async function loadWasmKeccak(): Promise<WasmKeccakResult> {
  shared ??= load()
  const attempt = shared
  const result = await attempt
  if (result.error !== undefined && shared === attempt) shared = undefined
  return result
}

async function load(): Promise<WasmKeccakResult> {
  try {
    const { instance } = await WebAssembly.instantiate(keccakModule())
    const keccak = new SharedHasher(instance.exports as KeccakExports)
    atHand = keccak
    return { keccak }
  } catch (error) {
    return { error: asError(error) }
  }
}

class SharedHasher implements WasmKeccak {
  readonly #exports: KeccakExports
  readonly #memory: Uint8Array
  readonly #state: Uint8Array
  readonly #input: Uint8Array
  /** Whose state is in the memory. */
  #holder: WasmRunningKeccak | undefined

  constructor(exports: KeccakExports) {
    writeRoundConstants(exports.memory.buffer)
    this.#exports = exports
    this.#memory = new Uint8Array(exports.memory.buffer)
    this.#state = this.#memory.subarray(STATE_AT, STATE_AT + STATE_LENGTH)
    this.#input = this.#memory.subarray(INPUT_AT, INPUT_AT + INPUT_BLOCKS * RATE)
  }

  keccak256(data: Uint8Array): Uint8Array {
    const running = new WasmRunningKeccak(this)
    running.update(data)
    return running.digest()
  }

  runningKeccak(): RunningKeccak {
    return new WasmRunningKeccak(this)
  }

  /** Absorbs `begun`, then as much of `data` as makes whole blocks; returns how much of `data` that was. */
  absorb(running: WasmRunningKeccak, begun: Uint8Array, data: Uint8Array): number {
    this.#enter(running)
    let filled = begun.length
    this.#input.set(begun)
    for (let at = 0; ; ) {
      const blocks = Math.min(INPUT_BLOCKS, Math.floor((filled + data.length - at) / RATE))
      if (blocks === 0) return at
      const taken = blocks * RATE - filled
      this.#input.set(data.subarray(at, at + taken), filled)
      this.#exports.absorb(STATE_AT, blocks)
      at += taken
      filled = 0
    }
  }

  /** The digest with `begun` as the last block; the state stays as it is. */
  finish(running: WasmRunningKeccak, begun: Uint8Array): Uint8Array {
    this.#enter(running)
    this.#memory.copyWithin(SCRATCH_AT, STATE_AT, STATE_AT + STATE_LENGTH)
    this.#input.fill(0, begun.length, RATE)
    this.#input.set(begun)
    this.#input[begun.length]! |= PADDING_START
    this.#input[RATE - 1]! |= PADDING_END
    this.#exports.absorb(SCRATCH_AT, 1)
    return this.#memory.slice(SCRATCH_AT, SCRATCH_AT + DIGEST_LENGTH)
  }

  #enter(running: WasmRunningKeccak): void {
    if (this.#holder === running) return
    this.#holder?.state.set(this.#state)
    this.#state.set(running.state)
    this.#holder = running
  }
}

/** A state, current unless it is the one in the hasher, and the block that has been begun. */
class WasmRunningKeccak implements RunningKeccak {
  readonly state = new Uint8Array(STATE_LENGTH)
  readonly #shared: SharedHasher
  readonly #begun = new Uint8Array(RATE)
  #length = 0

  constructor(shared: SharedHasher) {
    this.#shared = shared
  }

  update(data: Uint8Array): void {
    let taken = 0
    if (this.#length + data.length >= RATE) {
      taken = this.#shared.absorb(this, this.#begun.subarray(0, this.#length), data)
      this.#length = 0
    }
    this.#begun.set(data.subarray(taken), this.#length)
    this.#length += data.length - taken
  }

  digest(): Uint8Array {
    return this.#shared.finish(this, this.#begun.subarray(0, this.#length))
  }
}

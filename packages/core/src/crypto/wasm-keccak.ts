// A peer has two running digests, and hash-wasm makes one WASM memory for each hasher, of which Chromium allows about 124 in
// a process. So all digests share one hasher and take turns in it.
import type { IHasher } from 'hash-wasm'
import { asError } from '../errors.js'
import type { RunningKeccak } from './crypto.js'

/** Keccak-256 in WASM. */
export interface WasmKeccak {
  keccak256(data: Uint8Array): Uint8Array
  runningKeccak(): RunningKeccak
}

/** Either the hasher, or what keeps WASM from working here, such as a Content-Security-Policy without `wasm-unsafe-eval`. */
export type WasmKeccakResult =
  | { readonly keccak: WasmKeccak; readonly error?: never }
  | { readonly keccak?: never; readonly error: Error }

/**
 * What a running digest keeps unhashed, in bytes, before it enters the hasher. Swapping a state out and back in costs as much
 * as hashing about 700 bytes, and a digest replays what is kept, so short frames are cheapest with a few hundred.
 * Measured by `bench/rlpx.node.mjs`.
 */
const KEPT_BYTES = 512

// The one thing of this package that a process has once: see the limit above.
let shared: Promise<WasmKeccakResult> | undefined

/** The process's one WASM hasher, compiled on the first call. What failed is tried again by the next call. */
export function loadWasmKeccak(): Promise<WasmKeccakResult> {
  shared ??= load()
  return shared
}

async function load(): Promise<WasmKeccakResult> {
  try {
    // Destructured, so that a bundler makes a chunk of this one algorithm and not of all of hash-wasm.
    const { createKeccak } = await import('hash-wasm')
    return { keccak: new SharedHasher(await createKeccak(256)) }
  } catch (error) {
    shared = undefined
    return { error: asError(error) }
  }
}

class SharedHasher implements WasmKeccak {
  readonly hasher: IHasher
  /** Whose saved state is in the hasher, with nothing after it. */
  holder: WasmRunningKeccak | undefined

  constructor(hasher: IHasher) {
    this.hasher = hasher
  }

  keccak256(data: Uint8Array): Uint8Array {
    this.holder = undefined
    return this.hasher.init().update(data).digest('binary')
  }

  runningKeccak(): RunningKeccak {
    return new WasmRunningKeccak(this)
  }
}

/** A saved state plus the bytes that came after it. Reading the digest ends the hasher's copy, never the saved state. */
class WasmRunningKeccak implements RunningKeccak {
  readonly #shared: SharedHasher
  #saved: Uint8Array | undefined
  readonly #kept = new Uint8Array(KEPT_BYTES)
  #keptLength = 0

  constructor(shared: SharedHasher) {
    this.#shared = shared
  }

  update(data: Uint8Array): void {
    if (this.#keptLength + data.length <= KEPT_BYTES) {
      this.#kept.set(data, this.#keptLength)
      this.#keptLength += data.length
      return
    }
    this.#saved = this.#enter().update(data).save()
    this.#keptLength = 0
    this.#shared.holder = this
  }

  digest(): Uint8Array {
    return this.#enter().digest('binary')
  }

  /** The hasher with all bytes so far in it; what it does next is no longer this digest's saved state. */
  #enter(): IHasher {
    const shared = this.#shared
    if (shared.holder !== this) {
      if (this.#saved === undefined) shared.hasher.init()
      else shared.hasher.load(this.#saved)
    }
    shared.holder = undefined
    return this.#keptLength === 0 ? shared.hasher : shared.hasher.update(this.#kept.subarray(0, this.#keptLength))
  }
}

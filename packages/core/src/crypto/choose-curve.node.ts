// Chosen by the package's `imports` map as `#curve` in Node.
import { randomBytes } from 'node:crypto'
import { asError } from '../errors.js'
import type { Curve } from './curve.js'
import { nobleCurve } from './noble-curve.js'
import { type LibSecp256k1, wasmCurve } from './wasm-curve.js'

// One for the process, which pays 16 MiB of address space for it.
let atHand: Curve = nobleCurve
let loading: Promise<Curve> | undefined

/** The {@link Curve} that is at hand: the best one from {@link loadCurve} on, and noble before, which gives the same results. */
export const curve = (): Curve => atHand

/** The best {@link Curve} of this platform, used by all from now on: libsecp256k1 in WASM. The first call takes some 50 ms. */
export async function loadCurve(): Promise<Curve> {
  loading ??= chooseCurve()
  atHand = await loading
  return atHand
}

/** The library by `load`, or noble where it can't be had: where it is not installed, or under `--jitless`, without any WASM. */
export async function chooseCurve(load: () => Promise<LibSecp256k1> = loadLibrary): Promise<Curve> {
  try {
    return wasmCurve(await load())
  } catch (error) {
    const { name, code = name } = asError(error) as NodeJS.ErrnoException
    return { ...nobleCurve, name: `noble (no libsecp256k1 here: ${code})` }
  }
}

/** One file of the library: the whole of it takes 200 ms to load and brings nothing else that is used here. */
async function loadLibrary(): Promise<LibSecp256k1> {
  const { instantiateSecp256k1 } = await import('@bitauth/libauth/build/lib/crypto/secp256k1.js')
  return instantiateSecp256k1(randomBytes(32))
}

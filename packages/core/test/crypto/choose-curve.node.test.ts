import { afterEach, expect, test, vi } from 'vitest'
import { chooseCurve, loadCurve } from '../../src/crypto/choose-curve.node.js'
import { nobleCurve } from '../../src/crypto/noble-curve.js'
import { describeCurve } from './curve-conformance.js'

describeCurve('curve of Node', loadCurve)

const key = new Uint8Array(32).fill(7)
const digest = new Uint8Array(32).fill(9)

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

test('Node gets WASM', async () => {
  expect(await loadCurve()).toMatchObject({ name: 'wasm', isFast: true })
})

test('until it is loaded noble is at hand, with the same results', async () => {
  // Modules of their own: the process's curve is loaded already.
  vi.resetModules()
  const choice = await import('../../src/crypto/choose-curve.node.js')
  const secp256k1 = await import('../../src/crypto/secp256k1.js')
  expect(choice.curve().name).toBe('noble')
  expect(secp256k1.isCurveFast()).toBe(false)
  const before = secp256k1.sign(digest, key)
  await choice.loadCurve()
  expect(choice.curve().name).toBe('wasm')
  expect(secp256k1.isCurveFast()).toBe(true)
  expect(secp256k1.sign(digest, key)).toEqual(before)
  expect(secp256k1.recover(digest, before)).toEqual(nobleCurve.publicKeyOf(key))
})

test('where the library is not installed noble does it, and the name says why', async () => {
  const missing = Object.assign(new Error("Cannot find package '@bitauth/libauth'"), { code: 'ERR_MODULE_NOT_FOUND' })
  const curve = await chooseCurve(() => Promise.reject(missing))
  expect(curve.name).toBe('noble (no libsecp256k1 here: ERR_MODULE_NOT_FOUND)')
  expect(curve.isFast).toBe(false)
  expect(curve.recover(digest, curve.sign(digest, key))).toEqual(nobleCurve.publicKeyOf(key))
})

test('where there is no WASM noble does it, and the name says why', async () => {
  vi.stubGlobal('WebAssembly', undefined)
  expect((await chooseCurve()).name).toBe('noble (no libsecp256k1 here: TypeError)')
})

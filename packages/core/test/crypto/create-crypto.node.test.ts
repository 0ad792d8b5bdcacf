import { afterEach, expect, test, vi } from 'vitest'
import { createCrypto as chosen } from '#crypto'
import { createCrypto } from '../../src/crypto/create-crypto.node.js'
import { chooseKeccak } from '../../src/crypto/portable.js'
import { describeCrypto } from './crypto-conformance.js'

describeCrypto('crypto of Node', createCrypto)

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

test('Node gets its own', async () => {
  expect((await chosen()).name).toBe('node:crypto, keccak: wasm, secp256k1: wasm')
})

test('where WASM is forbidden, plain code takes over and the name says why', async () => {
  // A module of its own: the process's hasher is loaded already.
  vi.resetModules()
  const { loadWasmKeccak } = await import('../../src/crypto/wasm-keccak.js')
  const refusal = new WebAssembly.CompileError('violates the Content Security Policy')
  const refuse = () => Promise.reject(refusal)
  vi.stubGlobal('WebAssembly', { compile: refuse, instantiate: refuse })
  const result = await loadWasmKeccak()
  expect(result.error?.message).toContain('Content Security Policy')
  const keccak = chooseKeccak(result)
  expect(keccak.name).toBe('noble (no WASM here: CompileError)')
  expect(keccak.keccak256(new Uint8Array())).toHaveLength(32)
})

test('a failed load is tried again', async () => {
  vi.resetModules()
  const { loadWasmKeccak } = await import('../../src/crypto/wasm-keccak.js')
  vi.stubGlobal('WebAssembly', undefined)
  expect((await loadWasmKeccak()).error).toBeInstanceOf(Error)
  vi.unstubAllGlobals()
  expect((await loadWasmKeccak()).keccak).toBeDefined()
})

import { expect, test } from 'vitest'
import { createCrypto } from '../../src/crypto/create-crypto.js'
import { createPortableCrypto } from '../../src/crypto/portable.js'
import { describeCrypto } from './crypto-conformance.js'

describeCrypto('portable crypto with WASM', createCrypto)
describeCrypto('portable crypto without WASM', () => createPortableCrypto({ wasm: false }))

test('the name says what does the work', async () => {
  expect((await createCrypto()).name).toBe('noble, keccak: wasm')
  expect((await createPortableCrypto({ wasm: false })).name).toBe('noble, keccak: noble')
})

test('there is one WASM hasher, however often it is asked for', async () => {
  const { loadWasmKeccak } = await import('../../src/crypto/wasm-keccak.js')
  const [first, second] = await Promise.all([loadWasmKeccak(), loadWasmKeccak()])
  expect(first.keccak).toBeDefined()
  expect(second.keccak).toBe(first.keccak)
})

import { createMerkleProof, MerklePatriciaTrie } from '@ethereumjs/mpt'
import { encodeRlp, hexToBytes, keccak256 } from '@ethspan/core'
import { describe, expect, test } from 'vitest'
import { proveAccount } from '../src/client/chain/account-proof.js'

const address = (n: number) => keccak256(encodeRlp(n)).subarray(0, 20)
const account = (n: number) =>
  encodeRlp([BigInt(n), 10n ** 18n * BigInt(n), new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)])

/** A state with so many accounts, and its proofs, by the library that others use. */
async function stateOf(count: number) {
  const trie = new MerklePatriciaTrie()
  for (let n = 1; n <= count; n++) await trie.put(keccak256(address(n)), account(n))
  const proofOf = async (who: Uint8Array) => {
    return (await createMerkleProof(trie, keccak256(who))).map((node) => `0x${Buffer.from(node).toString('hex')}`)
  }
  return { root: trie.root(), proofOf }
}

describe.each([1, 2, 17, 300])('a state of %i accounts', (count) => {
  test('proves what each account has', async () => {
    const { root, proofOf } = await stateOf(count)
    for (const n of new Set([1, Math.ceil(count / 2), count])) {
      const proof = await proofOf(address(n))
      expect(proveAccount(root, address(n), proof)).toEqual({ nonce: BigInt(n), balance: 10n ** 18n * BigInt(n) })
    }
  })

  test('proves that there is no such account', async () => {
    const { root, proofOf } = await stateOf(count)
    const nobody = address(999)
    expect(proveAccount(root, nobody, await proofOf(nobody))).toEqual({ nonce: 0n, balance: 0n })
  })
})

describe('what is no proof is refused', () => {
  test('one of another state', async () => {
    const { proofOf } = await stateOf(17)
    const { root } = await stateOf(18)
    expect(() => proveAccount(root, address(1), [])).toThrow('the proof ends too early')
    const proof = await proofOf(address(1))
    expect(() => proveAccount(root, address(1), proof)).toThrow('does not belong to this block')
  })

  test('one with a node that was changed, in any place', async () => {
    const { root, proofOf } = await stateOf(300)
    const proof = await proofOf(address(5))
    for (const [at, node] of proof.entries()) {
      const bytes = hexToBytes(node.slice(2))
      bytes[bytes.length - 1]! ^= 1
      const changed = proof.with(at, `0x${Buffer.from(bytes).toString('hex')}`)
      expect(() => proveAccount(root, address(5), changed)).toThrow()
    }
  })

  test('one that ends too early, one that is too long, and what is no hex', async () => {
    const { root, proofOf } = await stateOf(300)
    const proof = await proofOf(address(5))
    expect(() => proveAccount(root, address(5), proof.slice(0, -1))).toThrow('ends too early')
    expect(() => proveAccount(root, address(5), Array(66).fill(proof[0]))).toThrow('too long')
    expect(() => proveAccount(root, address(5), ['0xzz'])).toThrow('can not be read')
  })
})

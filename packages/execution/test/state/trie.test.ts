import { createMerkleProof, MerklePatriciaTrie } from '@ethereumjs/mpt'
import { EMPTY_ROOT, type Hash } from '@ethspan/chain'
import { bytesToHex, keccak256 } from '@ethspan/core'
import { seededRandomBytes } from '@ethspan/core/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Trie } from '../../src/state/trie.js'

/** Nodes in memory. */
function nodes() {
  const stored = new Map<string, Uint8Array>()
  return {
    stored,
    source: {
      hash: keccak256,
      load(hash: Hash) {
        const bytes = stored.get(bytesToHex(hash))
        if (bytes === undefined) throw new Error(`no node ${bytesToHex(hash)}`)
        // Half of them at once, as from a cache, half later, as from a disk.
        return hash[0]! % 2 === 0 ? bytes : Promise.resolve(bytes)
      },
    },
    sink: (hash: Hash, bytes: Uint8Array) => stored.set(bytesToHex(hash), bytes),
  }
}

/** Keys with much in common, so that paths fork late and nodes stand in their parents. */
const key = fc
  .tuple(fc.nat({ max: 3 }), fc.constantFrom(1, 30, 31), fc.nat({ max: 255 }))
  .map(([fill, at, last]) => new Uint8Array(32).fill(fill).fill(last, at))
const value = fc.uint8Array({ minLength: 1, maxLength: 40 })
const change = fc.record({ key, value: fc.option(value, { nil: undefined }) })

describe('a trie', () => {
  test('has the roots, values and proofs of the library, whatever is put, deleted and committed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(change, { maxLength: 12 }), { maxLength: 6 }), async (rounds) => {
        const { source, sink } = nodes()
        const reference = new MerklePatriciaTrie()
        const values = new Map<string, Uint8Array>()
        let root = EMPTY_ROOT
        for (const changes of rounds) {
          const trie = new Trie(source, root)
          for (const { key, value } of changes) {
            if (value === undefined) {
              values.delete(bytesToHex(key))
              await trie.delete(key)
              await reference.del(key)
            } else {
              values.set(bytesToHex(key), value)
              await trie.put(key, value)
              await reference.put(key, value)
            }
          }
          root = trie.commit(sink)
          expect(bytesToHex(root)).toBe(bytesToHex(reference.root()))
          const stored = new Trie(source, root)
          for (const { key } of changes) {
            expect(await stored.get(key)).toEqual(values.get(bytesToHex(key)))
            // The library gives nodes that stand in their parents once more by themselves; geth does not.
            const proof = await createMerkleProof(reference, key)
            expect(await stored.prove(key)).toEqual(proof.filter(({ length }, i) => length >= 32 || i === 0))
          }
        }
      }),
      { numRuns: 60 },
    )
  }, 30_000)

  test('stores no node that its root does not reach', async () => {
    const { source, sink, stored } = nodes()
    const random = seededRandomBytes(1)
    const trie = new Trie(source, EMPTY_ROOT)
    for (let i = 0; i < 300; i++) await trie.put(random(32), random(20))
    const root = trie.commit(sink)
    const reached = new Set<string>()
    const load = (hash: Hash) => {
      reached.add(bytesToHex(hash))
      return source.load(hash)
    }
    const copy = new Trie({ ...source, load }, root)
    const again = seededRandomBytes(1)
    for (let i = 0; i < 300; i++, again(20)) await copy.get(again(32))
    expect(reached.size).toBe(stored.size)
  })

  test('fails where a node is missing, and does not read it as empty', async () => {
    const { source, sink, stored } = nodes()
    const random = seededRandomBytes(2)
    const keys = Array.from({ length: 50 }, () => random(32))
    const trie = new Trie(source, EMPTY_ROOT)
    for (const key of keys) await trie.put(key, random(40))
    const root = trie.commit(sink)
    for (const hash of stored.keys()) if (hash !== bytesToHex(root)) stored.delete(hash)
    await expect(new Trie(source, root).get(keys[0]!)).rejects.toThrow('no node')
    await expect(new Trie(source, root).delete(keys[0]!)).rejects.toThrow('no node')
  })
})

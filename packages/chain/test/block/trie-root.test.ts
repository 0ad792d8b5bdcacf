import { createMPT } from '@ethereumjs/mpt'
import { bytesToHex, encodeRlp } from '@ethspan/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type TrieEntries, trieRoot, trieRootNow } from '../../src/block/trie-root.js'
import { Turn } from '../../src/block/turn.js'
import { EMPTY_ROOT } from '../../src/index.js'

/** By the library, an entry after the other. */
async function reference(entries: TrieEntries): Promise<Uint8Array> {
  const trie = await createMPT()
  for (const [key, value] of entries) await trie.put(key, value)
  return trie.root()
}

const value = (maxLength: number) => fc.uint8Array({ minLength: 1, maxLength })
/** As transactions and receipts are kept. */
const byIndex = fc
  .array(value(60), { maxLength: 300 })
  .map((values) => values.map((bytes, i) => [encodeRlp(i), bytes] as const))
/** Few nibbles, so that many begin alike and many nodes are short. */
const byHash = fc.uniqueArray(
  fc.tuple(
    fc
      .array(fc.constantFrom(0, 1, 0x10, 0x11), { minLength: 4, maxLength: 4 })
      .map((digits) => Uint8Array.from(digits)),
    value(40),
  ),
  { maxLength: 60, selector: ([key]) => bytesToHex(key) },
)

describe('a root', () => {
  test.each([
    ['by index', byIndex],
    ['by keys that begin alike', byHash],
  ])('of entries %s is the library’s, in any order, with others at work and without', async (_, entries) => {
    await fc.assert(
      fc.asyncProperty(entries, async (entries) => {
        const expected = await reference(entries)
        expect(trieRootNow(entries)).toEqual(expected)
        expect(await trieRoot(entries.toReversed())).toEqual(expected)
      }),
      { numRuns: 40 },
    )
  })

  test('of nothing is the empty one', async () => {
    expect(trieRootNow([])).toEqual(EMPTY_ROOT)
    expect(await trieRoot([])).toEqual(EMPTY_ROOT)
    expect(bytesToHex(EMPTY_ROOT)).toBe('56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421')
  })

  /** geth, trie: `TestInsert`. */
  test('of one entry is the one that geth makes', () => {
    const text = (word: string) => new TextEncoder().encode(word)
    const root = trieRootNow([[text('A'), text('a'.repeat(50))]])
    expect(bytesToHex(root)).toBe('d23786fb4a010da3ce639d66d5e904a11dbc02746d1ce25029e53290cabf28ab')
  })
})

class CountingTurn extends Turn {
  count = 0

  override next(): Promise<void> {
    this.count++
    return super.next()
  }
}

describe('a turn', () => {
  test('ends when as much was hashed as it may', () => {
    const turn = new Turn()
    expect(turn.spend(400_000)).toBe(false)
    expect(turn.spend(200_000)).toBe(true)
  })

  test('lets others run between large values, but not between small ones', async () => {
    const turnsOf = async (values: number, size: number) => {
      const turn = new CountingTurn()
      const entries = Array.from(
        { length: values },
        (_, i) => [encodeRlp(i), new Uint8Array(size).fill(i + 1)] as const,
      )
      await trieRoot(entries, turn)
      return turn.count
    }
    expect(await turnsOf(200, 200)).toBe(0)
    expect(await turnsOf(20, 100_000)).toBeGreaterThanOrEqual(3)
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Cap, capString, type Protocol } from '../../src/index.js'
import { BASE_PROTOCOL_LENGTH } from '../../src/peer/base-protocol.js'
import { matchProtocols } from '../../src/peer/match-protocols.js'

type Offer = Cap & { readonly length: number }

const protocols = (offers: readonly Offer[]): Protocol[] => offers.map((offer) => ({ ...offer, run: async () => {} }))

/** The match in words, such as `eth/68@16`. */
const matched = (local: readonly Offer[], remote: readonly Cap[]): string[] =>
  matchProtocols(protocols(local), remote).map(({ protocol, offset }) => `${capString(protocol)}@${offset}`)

const offer = (text: string): Offer => {
  const [name = '', version = '0', length = '1'] = text.split('/')
  return { name, version: Number(version), length: Number(length) }
}

describe('the highest shared version of each name, codes one after the other in the order of names', () => {
  // The situations of geth's TestMatchProtocols, and further ones.
  const rows: [string, string[], string[], string[]][] = [
    ['the other side has nothing', ['a/1'], [], []],
    ['this side has nothing', [], ['a/1'], []],
    ['nothing is shared', ['b/1'], ['a/1'], []],
    ['some is shared', ['m1/1', 'm2/1', 'remote/1'], ['local/1', 'm1/1', 'm2/1'], ['m1/1@16', 'm2/1@17']],
    [
      'in any order',
      ['ba/1', 'bb/1', 'ab/1', 'aa/1'],
      ['aa/1', 'ab/1', 'bb/1', 'ba/1'],
      ['aa/1@16', 'ab/1@17', 'ba/1@18', 'bb/1@19'],
    ],
    ['no version is shared', ['a/2'], ['a/1'], []],
    ['one version is shared', ['a/2', 'a/3'], ['a/1', 'a/2'], ['a/2@16']],
    ['several versions are shared', ['a/2', 'a/3'], ['a/1', 'a/2', 'a/3', 'a/4'], ['a/3@16']],
    ['versions in any order', ['a/2', 'a/3', 'a/1'], ['a/4', 'a/1', 'a/3', 'a/2'], ['a/3@16']],
    [
      'only the version in use takes codes',
      ['a/1/1', 'a/2/2', 'a/3/3', 'b/0'],
      ['a/1', 'a/2', 'a/3', 'b/0'],
      ['a/3@16', 'b/0@19'],
    ],
    ['upper case comes before lower', ['a/1', 'B/1'], ['a/1', 'B/1'], ['B/1@16', 'a/1@17']],
    ['a name that another begins with comes first', ['eth/1', 'e/1/5'], ['e/1', 'eth/1'], ['e/1@16', 'eth/1@21']],
    ['told twice', ['a/1'], ['a/1', 'a/1'], ['a/1@16']],
  ]
  test.each(rows)('%s', (_, local, remote, expected) => {
    expect(matched(local.map(offer), remote.map(offer))).toEqual(expected)
  })
})

describe('for any two offers', () => {
  const name = fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom('a', 'b', 'B', '1') })
  const offers = fc.uniqueArray(fc.record({ name, version: fc.nat(5) }), { maxLength: 12, selector: capString })
  /** Both sides know the same protocols; a length belongs to a name and a version. */
  const withLengths = (caps: readonly Cap[]): Offer[] =>
    caps.map((cap) => ({ ...cap, length: 1 + cap.name.length + cap.version }))

  test('both sides agree', () => {
    fc.assert(
      fc.property(offers, offers, (ours, theirs) => {
        expect(matched(withLengths(ours), theirs)).toEqual(matched(withLengths(theirs), ours))
      }),
    )
  })

  test('codes follow each other without a gap from 16, names rise, and no better version is shared', () => {
    fc.assert(
      fc.property(offers, offers, (ours, theirs) => {
        let offset = BASE_PROTOCOL_LENGTH
        let last = ''
        const told = new Set(theirs.map(capString))
        for (const { protocol, offset: at } of matchProtocols(protocols(withLengths(ours)), theirs)) {
          expect(at).toBe(offset)
          expect(protocol.name > last).toBe(true)
          expect(told).toContain(capString(protocol))
          const better = ours.filter((cap) => cap.name === protocol.name && cap.version > protocol.version)
          expect(better.filter((cap) => told.has(capString(cap)))).toEqual([])
          offset += protocol.length
          last = protocol.name
        }
        const shared = new Set(ours.filter((cap) => told.has(capString(cap))).map((cap) => cap.name))
        expect(matched(withLengths(ours), theirs)).toHaveLength(shared.size)
      }),
    )
  })
})

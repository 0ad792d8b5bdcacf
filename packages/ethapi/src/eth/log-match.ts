// Which logs a filter lets through, and which blocks can't have any.
import { type Log, logsBloom } from '@ethspan/chain'
import { equalBytes } from '@ethspan/core'
import type { LogMatch } from '../params/log-filter.js'

/** The bits of a bloom filter that a value sets, each as byte and mask. */
type BloomBits = readonly (readonly [byte: number, mask: number])[]

/** A filter of logs, ready to be used on many blocks. Geth: `filterLogs` and `bloomFilter`. */
export class LogMatcher {
  readonly #match: LogMatch
  /** One group for the addresses and one for each position; of each group one value has to be there. Empty groups are left out. */
  readonly #groups: readonly (readonly BloomBits[])[]

  constructor(match: LogMatch) {
    this.#match = match
    const groups = [match.addresses, ...match.topics]
    this.#groups = groups.filter(({ length }) => length > 0).map((values) => values.map(bloomBits))
  }

  /** False where a block with this bloom filter has no log that matches. */
  mayMatch(bloom: Uint8Array): boolean {
    const has = (bits: BloomBits) => bits.every(([byte, mask]) => (bloom[byte]! & mask) !== 0)
    return this.#groups.every((group) => group.some(has))
  }

  matches({ address, topics }: Log): boolean {
    const { addresses, topics: wanted } = this.#match
    const isOneOf = (value: Uint8Array, of: readonly Uint8Array[]) =>
      of.length === 0 || of.some((it) => equalBytes(it, value))
    return (
      isOneOf(address, addresses) &&
      wanted.length <= topics.length &&
      wanted.every((values, position) => isOneOf(topics[position]!, values))
    )
  }
}

function bloomBits(value: Uint8Array): BloomBits {
  const bloom = logsBloom([{ address: value, topics: [], data: new Uint8Array(0) }])
  return [...bloom.entries()].filter(([, mask]) => mask !== 0)
}

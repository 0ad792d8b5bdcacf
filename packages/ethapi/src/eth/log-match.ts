// Which logs a filter lets through, and which blocks can't have any.
import type { Log } from '@ethspan/chain'
import { bytesToHex, keccak256 } from '@ethspan/core'
import type { LogMatch } from '../params/log-filter.js'

/** Bits of a bloom filter that one value sets (yellow paper, 4.4.3). */
const BITS_PER_VALUE = 3
const BLOOM_BITS = 2048

/** A filter of logs, ready to be used on many blocks. Geth: `filterLogs` and `bloomFilter`. */
export class LogMatcher {
  readonly #addresses: OneOf
  readonly #topics: readonly OneOf[]

  constructor({ addresses, topics }: LogMatch) {
    this.#addresses = new OneOf(addresses)
    this.#topics = topics.map((values) => new OneOf(values))
  }

  /** False where a block with this bloom filter has no log that matches. */
  mayMatch(bloom: Uint8Array): boolean {
    return this.#addresses.mayBeIn(bloom) && this.#topics.every((values) => values.mayBeIn(bloom))
  }

  matches({ address, topics }: Log): boolean {
    return (
      this.#topics.length <= topics.length &&
      this.#addresses.has(address) &&
      this.#topics.every((values, position) => values.has(topics[position]!))
    )
  }
}

/** Values of which one has to be there; none is any. What is made of them is made when it is first asked for. */
class OneOf {
  readonly #values: readonly Uint8Array[]
  #keys: ReadonlySet<string> | undefined
  /** Of each value its places in a bloom filter, one value after the other. */
  #bits: Uint16Array | undefined

  constructor(values: readonly Uint8Array[]) {
    this.#values = values
  }

  has(value: Uint8Array): boolean {
    if (this.#values.length === 0) return true
    this.#keys ??= new Set(this.#values.map(bytesToHex))
    return this.#keys.has(bytesToHex(value))
  }

  mayBeIn(bloom: Uint8Array): boolean {
    this.#bits ??= bloomBits(this.#values)
    const bits = this.#bits
    const isSet = (bit: number) => (bloom[bloom.length - 1 - (bit >> 3)]! & (1 << (bit & 7))) !== 0
    for (let i = 0; i < bits.length; i += BITS_PER_VALUE) {
      if (isSet(bits[i]!) && isSet(bits[i + 1]!) && isSet(bits[i + 2]!)) return true
    }
    return bits.length === 0
  }
}

function bloomBits(values: readonly Uint8Array[]): Uint16Array {
  const bits = new Uint16Array(values.length * BITS_PER_VALUE)
  for (const [at, value] of values.entries()) {
    const hash = keccak256(value)
    for (let i = 0; i < BITS_PER_VALUE; i++) {
      bits[at * BITS_PER_VALUE + i] = ((hash[2 * i]! << 8) | hash[2 * i + 1]!) % BLOOM_BITS
    }
  }
  return bits
}

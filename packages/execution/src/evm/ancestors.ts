// The hashes of a block's ancestors, on whichever branch it stands.
import { type ChainReader, decodeHeader, type Hash, type Header } from '@ethspan/chain'
import { bytesToHex, EthspanError, equalBytes } from '@ethspan/core'
import { MAX_RECENT_BLOCKS } from '../limits.js'

export class Ancestors {
  readonly #chain: Pick<ChainReader, 'canonicalHash' | 'header'>
  /** Parents of blocks that were executed lately, by hash as hex: the chain has them only when all of an import is kept. */
  readonly #recent = new Map<string, Hash>()

  constructor(chain: Pick<ChainReader, 'canonicalHash' | 'header'>) {
    this.#chain = chain
  }

  /** Notes a block that was executed. */
  add(hash: Hash, { parentHash }: Pick<Header, 'parentHash'>): void {
    this.#recent.set(bytesToHex(hash), parentHash)
    for (const oldest of this.#recent.keys()) {
      if (this.#recent.size <= MAX_RECENT_BLOCKS) return
      this.#recent.delete(oldest)
    }
  }

  /**
   * The hash of an ancestor, by its number.
   * @param of the block whose ancestor it is
   * @throws {EthspanError} ERR_STATE where a header on the way is not known
   */
  async hashOf(number: bigint, of: Pick<Header, 'number' | 'parentHash'>): Promise<Hash> {
    let hash = of.parentHash
    for (let at = of.number - 1n; at > number; at--) {
      const parent = this.#recent.get(bytesToHex(hash))
      if (parent !== undefined) {
        hash = parent
        continue
      }
      if (await this.#isCanonical(at, hash)) {
        const found = await this.#chain.canonicalHash(number)
        if (found !== undefined) return found
      }
      const header = await this.#chain.header(hash)
      if (header === undefined) {
        const message = `the hash of block ${number} is not known: neither is the header of block ${at}, on the way to it`
        throw new EthspanError('ERR_STATE', message, { fields: { number, missing: at } })
      }
      hash = decodeHeader(header).parentHash
    }
    return hash
  }

  async #isCanonical(number: bigint, hash: Hash): Promise<boolean> {
    const canonical = await this.#chain.canonicalHash(number)
    return canonical !== undefined && equalBytes(canonical, hash)
  }
}

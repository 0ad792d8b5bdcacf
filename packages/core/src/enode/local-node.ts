import { bytesToHex, equalBytes } from '../bytes.js'
import { keccak256 } from '../crypto/keccak.js'
import { checkPrivateKey, publicKeyOf } from '../crypto/secp256k1.js'
import { decodeRlp, encodeRlp, type RlpInput, type RlpItem } from '../rlp/rlp.js'
import { Enode } from './enode.js'
import { ENR, type RecordEntries, recordContent } from './enr.js'

export interface LocalNodeOptions {
  /**
   * Sequence number of the first record; default 1. A node that comes back should start above every record it has published:
   * geth takes milliseconds since 1970, which needs no storage.
   */
  readonly seq?: bigint
  readonly entries?: RecordEntries
}

/** The record of the node that runs here: geth's `enode.LocalNode`. Signs a new version when it is asked for after a change. */
export class LocalNode {
  /** 64 bytes. Not to be changed. */
  readonly publicKey: Uint8Array
  /** keccak256 of the public key, 64 hex digits. */
  readonly id: string
  readonly #privateKey: Uint8Array
  #seq: bigint
  #entries: Readonly<Record<string, RlpItem>>
  #node: Enode | undefined

  /**
   * @param privateKey 32 bytes or 64 hex digits.
   * @throws {EthspanError} ERR_INVALID_KEY; ERR_INVALID_ENR as {@link ENR.sign}.
   */
  constructor(privateKey: Uint8Array | string, { seq = 1n, entries = {} }: LocalNodeOptions = {}) {
    this.#privateKey = checkPrivateKey(privateKey)
    this.publicKey = publicKeyOf(this.#privateKey)
    this.id = bytesToHex(keccak256(this.publicKey))
    this.#entries = Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, ownValue(value)]))
    // The first record is signed when someone asks; until then this is the number before it.
    this.#seq = seq - 1n
    recordContent(this.publicKey, seq, this.#entries)
  }

  /** The current version, signed now if something changed since the last one. */
  get record(): ENR {
    return this.node.record!
  }

  /** The current version as a node. */
  get node(): Enode {
    if (!this.#node) {
      this.#node = Enode.fromRecord(ENR.sign(this.#privateKey, this.#seq + 1n, this.#entries))
      this.#seq += 1n
    }
    return this.#node
  }

  /** The value of an entry, as it stands in the record. */
  get(key: string): RlpItem | undefined {
    return Object.hasOwn(this.#entries, key) ? this.#entries[key] : undefined
  }

  /**
   * Sets an entry. Nothing happens where it has that value already.
   * @throws {EthspanError} as {@link ENR.sign}; the record stays as it was.
   */
  set(key: string, value: RlpInput): void {
    const old = this.get(key)
    if (old !== undefined && equalBytes(encodeRlp(old), encodeRlp(value))) return
    this.#change({ ...this.#entries, [key]: ownValue(value) })
  }

  /** Removes an entry; nothing happens where there is none. */
  delete(key: string): void {
    if (this.get(key) === undefined) return
    const { [key]: _removed, ...rest } = this.#entries
    this.#change(rest)
  }

  #change(entries: Readonly<Record<string, RlpItem>>): void {
    recordContent(this.publicKey, this.#seq + 1n, entries)
    this.#entries = entries
    this.#node = undefined
  }
}

/** A copy, so that the caller's array can change without the record noticing. */
const ownValue = (value: RlpInput): RlpItem => decodeRlp(encodeRlp(value))

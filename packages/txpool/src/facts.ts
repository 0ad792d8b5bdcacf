// What is known of accounts: from the state after the head where blocks are executed, else from the blocks alone.
import type { Header, StateReader } from '@ethspan/chain'
import { bytesToHex, EthspanError, hexToBytes, keccak256 } from '@ethspan/core'
import { MAX_KNOWN_NONCES } from './limits.js'
import type { AccountFacts } from './store/account.js'

/** Of an account without code: Keccak-256 of nothing. */
const EMPTY_CODE_HASH = bytesToHex(keccak256(new Uint8Array(0)))

export class ChainFacts {
  readonly #state: StateReader | undefined
  #header: Header
  /** Whether the state after the head is there; asked when it is needed. */
  #hasState: Promise<boolean> | undefined
  /** Next nonces that blocks tell, by sender. */
  readonly #nonces = new Map<string, bigint>()

  constructor(state: StateReader | undefined, header: Header) {
    this.#state = state
    this.#header = header
  }

  setHead(header: Header): void {
    this.#header = header
    this.#hasState = undefined
  }

  /** Whether the state says all there is to know. */
  hasState(): Promise<boolean> {
    this.#hasState ??= this.#askForState()
    return this.#hasState
  }

  /** Undefined where nothing is known. */
  async of(account: string): Promise<AccountFacts | undefined> {
    if (await this.hasState()) {
      const found = await this.#read(account)
      if (found !== undefined) return found
    }
    const nonce = this.#nonces.get(account)
    return nonce === undefined ? undefined : { nonce, balance: undefined, hasCode: false }
  }

  /** A transaction with this nonce was mined. */
  mined(sender: string, nonce: bigint): void {
    const known = this.#nonces.get(sender)
    if (known !== undefined && known > nonce) return
    this.#nonces.delete(sender)
    this.#nonces.set(sender, nonce + 1n)
    if (this.#nonces.size <= MAX_KNOWN_NONCES) return
    for (const oldest of this.#nonces.keys()) {
      this.#nonces.delete(oldest)
      return
    }
  }

  /** A transaction with this nonce was mined in a block that a reorg took away. */
  lost(sender: string, nonce: bigint): void {
    const known = this.#nonces.get(sender)
    if (known !== undefined && known > nonce) this.#nonces.set(sender, nonce)
  }

  async #askForState(): Promise<boolean> {
    try {
      return (await this.#state?.hasState(this.#header)) ?? false
    } catch (error) {
      // It is asked again.
      this.#hasState = undefined
      throw error
    }
  }

  async #read(account: string): Promise<AccountFacts | undefined> {
    try {
      const found = await this.#state?.account(this.#header, hexToBytes(account))
      if (found === undefined) return { nonce: 0n, balance: 0n, hasCode: false }
      const { nonce, balance, codeHash } = found
      return { nonce, balance, hasCode: bytesToHex(codeHash) !== EMPTY_CODE_HASH }
    } catch (error) {
      // It was there a moment ago: old states are dropped.
      if (error instanceof EthspanError && error.code === 'ERR_STATE') return undefined
      throw error
    }
  }
}

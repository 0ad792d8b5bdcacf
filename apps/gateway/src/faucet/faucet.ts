// The faucet of a development chain: coins for whoever asks, in bounds.
import type { Common } from '@ethereumjs/common'
import { createFeeMarket1559Tx } from '@ethereumjs/tx'
import { createAddressFromPrivateKey } from '@ethereumjs/util'
import {
  type ChainReader,
  commonAt,
  type Hash,
  nextBaseFee,
  type StateReader,
  type TransactionPool,
} from '@ethspan/chain'
import { bytesToHex, type Clock, EthspanError, hexToBytes } from '@ethspan/core'

/** Wei given at once: ten coins, as much as a person can want on a chain that is worth nothing. */
export const FAUCET_AMOUNT = 10n ** 19n
/** Milliseconds over which gifts are counted. */
export const FAUCET_WINDOW = 10 * 60_000
/** Gifts to one address within it. */
export const MAX_GIFTS_EACH = 3
/** Gifts to all within it: a class of people, each with some tabs. What is remembered of them is bounded by it, too. */
export const MAX_GIFTS = 300
/** Gas of a plain transfer; source: geth, `params.TxGas`. A recipient with code may take more, and then gets nothing. */
const TRANSFER_GAS = 21_000n
/** Wei a gas above the base fee; what it takes to be mined where nobody else bids. */
const TIP = 1_000_000_000n

export interface FaucetOptions {
  /** Private key of the account that gives, 32 bytes. */
  readonly key: Uint8Array
  readonly common: Common
  readonly chain: Pick<ChainReader, 'head' | 'config'>
  readonly state: Pick<StateReader, 'account'>
  readonly pool: Pick<TransactionPool, 'add' | 'nextNonce'>
  readonly clock: Pick<Clock, 'now'>
}

export interface Gift {
  /** Of the transaction that brings it. */
  readonly hash: Hash
  /** Wei. */
  readonly amount: bigint
}

export class Faucet {
  readonly #options: FaucetOptions
  /** 20 bytes. */
  readonly #sender: Uint8Array
  /** The last gifts, oldest first. */
  #gifts: { readonly at: number; readonly to: string }[] = []
  /** One after the other: each has the nonce after the last one. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: FaucetOptions) {
    this.#options = options
    this.#sender = createAddressFromPrivateKey(options.key).bytes
  }

  /**
   * Sends coins to an address; resolves once the pool has the transaction.
   * @param address `0x` and 40 hex digits
   * @throws {EthspanError} ERR_INVALID_OPTION for what is no address; ERR_STATE where too much was given, or the pool refuses
   */
  async fund(address: string): Promise<Gift> {
    if (!/^0x[0-9a-f]{40}$/i.test(address)) {
      throw new EthspanError('ERR_INVALID_OPTION', 'an address is 0x and 40 hex digits')
    }
    const to = address.toLowerCase()
    this.#take(to)
    const done = this.#turn.then(() => this.#send(to))
    this.#turn = done.catch(() => undefined)
    return done
  }

  /** Counts the gift before it is sent: whoever asks often is refused, whatever becomes of it. */
  #take(to: string): void {
    const now = this.#options.clock.now()
    this.#gifts = this.#gifts.filter(({ at }) => now - at < FAUCET_WINDOW)
    const own = this.#gifts.filter((gift) => gift.to === to)
    if (own.length >= MAX_GIFTS_EACH) {
      throw refusal(`the faucet gave to this address ${own.length} times`, FAUCET_WINDOW - (now - own[0]!.at))
    }
    if (this.#gifts.length >= MAX_GIFTS) {
      throw refusal('the faucet gave too much', FAUCET_WINDOW - (now - this.#gifts[0]!.at))
    }
    this.#gifts.push({ at: now, to })
  }

  async #send(to: string): Promise<Gift> {
    const { key, common, chain, state, pool } = this.#options
    const { header } = chain.head()
    const nonce = pool.nextNonce(this.#sender) ?? (await state.account(header, this.#sender))?.nonce ?? 0n
    const fields = {
      chainId: BigInt(chain.config.chainId ?? 0),
      nonce,
      to: hexToBytes(to.slice(2)),
      value: FAUCET_AMOUNT,
      gasLimit: TRANSFER_GAS,
      maxPriorityFeePerGas: TIP,
      // The base fee can double in some six blocks; what is not needed is not paid.
      maxFeePerGas: 2n * nextBaseFee(header, chain.config) + TIP,
    }
    const tx = createFeeMarket1559Tx(fields, { common: commonAt(common, header) }).sign(key)
    const [answer] = await pool.add([{ type: tx.type, bytes: tx.serialize() }], { local: true })
    if (answer === undefined || 'refused' in answer) {
      throw new EthspanError('ERR_STATE', `the faucet's transaction was refused: ${answer?.message ?? 'no answer'}`)
    }
    return { hash: answer.added.hash, amount: FAUCET_AMOUNT }
  }
}

/** @param again milliseconds */
const refusal = (why: string, again: number) =>
  new EthspanError('ERR_STATE', `${why}; it gives again in ${minutes(again)}`, { fields: { retryAfterMs: again } })

const minutes = (ms: number) => {
  const count = Math.ceil(ms / 60_000)
  return `${count} ${count === 1 ? 'minute' : 'minutes'}`
}

/** As JSON tells it. */
export const giftJson = ({ hash, amount }: Gift) => ({
  hash: `0x${bytesToHex(hash)}`,
  amount: `0x${amount.toString(16)}`,
})

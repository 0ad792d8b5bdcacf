// The node's own account on its chain: what it has, what it sent, and how far each of its transactions has come.
import type { TypedTransaction } from '@ethereumjs/tx'
import { toChecksumAddress } from '@ethereumjs/util'
import {
  type Block,
  type ChainHead,
  type ChainReader,
  chainCommon,
  commonAt,
  EMPTY_ROOT,
  type Hash,
  type HeadEvent,
  type PoolAddEvent,
  type PoolDropEvent,
  readTransaction,
  senderOf,
  type TransactionPool,
  transactionHash,
} from '@ethspan/chain'
import { bytesToHex, equalBytes, hexToBytes, keccak256, publicKeyOf } from '@ethspan/core'
import { formatCoins, parseCoins } from '../../text/coins.js'
import { shortId } from '../../text/format.js'
import { type AccountView, MAX_OWN_SHOWN, type OwnTransaction } from '../chain-view.js'
import type { Answer, LogTone } from '../client.js'
import { type ProvenAccount, proveAccount } from './account-proof.js'
import { proveReceipt } from './receipt-proof.js'
import { addressFault, mostFor, signTransfer } from './transfer.js'

/** Blocks looked through for what the account did before the node started: a quarter of an hour of them. */
const LOOK_BACK = 256n
/** Transactions remembered; a page shows fewer. */
const MAX_OWN = 32
/**
 * Milliseconds after which peers are told again of a transaction that waits: one that had no place for it, or on whose chain
 * its sender had nothing yet, may take it now.
 */
const TELL_AGAIN = 20_000

export interface AccountBookOptions {
  /** Private key, 32 bytes. */
  readonly key: Uint8Array
  readonly chain: ChainReader
  readonly pool: Pick<TransactionPool, 'add' | 'has' | 'nextNonce' | 'addEventListener'>
  readonly faucet: boolean
  /** Tells all peers once more of transactions of the pool. */
  tellAgain(hashes: readonly Hash[]): void
  /** `accountProof` of the address in the state after a block; undefined where nobody has that state. */
  proof(address: string, block: ChainHead): Promise<readonly string[] | undefined>
  changed(view: AccountView): void
  log(tone: LogTone, text: string, detail?: string): void
  /** Milliseconds since 1970. */
  now(): number
}

/** What is remembered of a transaction that is in no block. */
interface Waiting {
  /** Peers that were told of it. */
  readonly told: Set<string>
  /** When they were told last, or could have been; milliseconds since 1970. */
  toldAt: number
}

export class AccountBook {
  readonly #options: AccountBookOptions
  /** 20 bytes. */
  readonly #address: Uint8Array
  readonly #checksummed: string
  readonly #common
  /** By hash, oldest first. */
  readonly #own = new Map<string, OwnTransaction>()
  readonly #waiting = new Map<string, Waiting>()
  /** Hashes of those whose block was replaced: the pool has had no head yet to take them back. */
  #loose = new Set<string>()
  /** What was proven last, and whether something has happened since. */
  #proven: ProvenAccount | undefined
  #provenAt = 0
  #isStale = true
  /** The nonce of the next transaction, where some were sent since the last proof. */
  #nextNonce = 0n
  /** Heads, one after the other. */
  #work: Promise<void> = Promise.resolve()

  constructor(options: AccountBookOptions) {
    this.#options = options
    this.#address = keccak256(publicKeyOf(options.key)).subarray(12)
    this.#checksummed = checksummed(this.#address)
    this.#common = chainCommon(options.chain.config)
  }

  /** Follows the chain until the signal fires; what fails is told by `failed`. */
  start(signal: AbortSignal, failed: (error: unknown) => void): void {
    const { chain, pool } = this.#options
    const queue = (job: () => void | Promise<void>) => {
      this.#work = this.#work.then(async () => {
        if (signal.aborted) return
        await job()
      })
      this.#work = this.#work.catch(failed)
    }
    chain.addEventListener('head', (event) => queue(() => this.#moved(event)), { signal })
    pool.addEventListener('add', (event) => queue(() => this.#pooled(event)), { signal })
    // By then it is known of which of them a block was the reason.
    pool.addEventListener('drop', (event) => queue(() => this.#dropped(event)), { signal })
    queue(() => this.#lookBack())
    this.#tell()
  }

  get view(): AccountView {
    const balance = `${this.#proven?.balance ?? 0n}`
    const transactions = [...this.#own.values()].reverse().slice(0, MAX_OWN_SHOWN)
    const { faucet } = this.#options
    const provenAt = this.#proven === undefined ? {} : { provenAt: this.#provenAt }
    return { address: this.#checksummed, balance, ...provenAt, faucet, transactions }
  }

  get address(): string {
    return this.#checksummed
  }

  /** A peer was sent these transactions, or their hashes. */
  gossiped(peer: string, hashes: readonly Hash[]): void {
    for (const hash of hashes.map(hex)) {
      const own = this.#own.get(hash)
      const waiting = this.#waiting.get(hash)
      if (own?.direction !== 'out' || waiting === undefined) continue
      waiting.told.add(peer)
      this.#own.set(hash, { ...own, step: 'gossiped', peers: waiting.told.size })
      this.#tell()
    }
  }

  /** Signs a transfer and gives it to the pool, from which peers get it. `amount`: coins as a person writes them. */
  async send(to: string, amount: string): Promise<Answer> {
    const recipient = to.trim()
    const why = addressFault(recipient)
    if (why !== undefined) return no(why)
    const value = parseCoins(amount)
    if (value === undefined) return no('an amount is a number of coins such as 0.5')
    const { key, chain, pool, now, log } = this.#options
    const { balance = 0n } = this.#proven ?? {}
    const most = mostFor(value, chain)
    if (balance < most)
      return no(`with its fee that takes up to ${formatCoins(`${most}`)}, and there are ${formatCoins(`${balance}`)}`)
    const nonce = this.#freeNonce
    const tx = signTransfer({
      chain,
      common: this.#common,
      key,
      nonce,
      to: hexToBytes(recipient.slice(2).toLowerCase()),
      value,
    })
    const hash = hex(tx.hash())
    const other = toChecksumAddress(`0x${recipient.slice(2)}`)
    this.#note({ hash, direction: 'out', other, value: `${value}`, step: 'signed', at: now(), peers: 0 })
    const [answer] = await pool.add([{ type: tx.type, bytes: tx.serialize() }], { local: true })
    if (answer === undefined || 'refused' in answer) {
      this.#forget(hash)
      this.#tell()
      return no(answer?.message ?? 'the pool did not answer')
    }
    this.#nextNonce = nonce + 1n
    log('plain', `Signed a transaction: ${formatCoins(`${value}`)} ETH to ${short(recipient)}.`, hash)
    return { ok: true }
  }

  /** After what was proven, what waits, and what was sent since. */
  get #freeNonce(): bigint {
    const proven = this.#proven?.nonce ?? 0n
    const waiting = this.#options.pool.nextNonce(this.#address) ?? 0n
    return [proven, waiting, this.#nextNonce].reduce((most, nonce) => (nonce > most ? nonce : most))
  }

  async #lookBack(): Promise<void> {
    const { chain } = this.#options
    const { number } = chain.head()
    await this.#prove()
    const first = number > LOOK_BACK ? number - LOOK_BACK : 1n
    for (let at = first > chain.earliest() ? first : chain.earliest(); at <= number; at++) {
      const block = at === 0n ? undefined : await chain.block(at)
      if (block !== undefined) await this.#read(block)
    }
    this.#tell()
  }

  async #moved({ added, removed }: HeadEvent): Promise<void> {
    // The pool has taken in the head before this one.
    for (const hash of this.#loose) this.#forgetUnlessPooled(hash)
    this.#loose = new Set()
    for (const { number } of removed) this.#unmine(Number(number))
    for (const { hash, header } of added.slice(-Number(LOOK_BACK))) {
      if (equalBytes(header.txsRoot, EMPTY_ROOT)) continue
      const block = await this.#options.chain.block(hash)
      if (block !== undefined) await this.#read(block)
    }
    if (removed.length > 0) {
      this.#isStale = true
      // Nonces of a chain that is gone; the pool knows those that still count.
      this.#nextNonce = 0n
    }
    // Whoever has coins only now may have been refused before.
    const isRicher = this.#isStale && (await this.#prove())
    this.#tellAgain(isRicher ? 0 : TELL_AGAIN)
    this.#tell()
  }

  /** What is in a block that is not of the chain any more waits again. */
  #unmine(block: number): void {
    for (const [hash, own] of this.#own) {
      if (own.block !== block) continue
      const { direction, other, value, at, peers } = own
      const step = direction === 'in' || peers > 0 ? 'gossiped' : 'signed'
      this.#loose.add(hash)
      this.#note({ hash, direction, other, value, at, peers, step, lostBlock: block })
    }
  }

  /** Shows what came into the pool from elsewhere, such as the faucet's gift. */
  #pooled({ transactions }: PoolAddEvent): void {
    for (const { hash: bytes, tx, sender } of transactions) {
      const hash = hex(bytes)
      const isOut = equalBytes(sender, this.#address)
      const isIn = tx.to !== undefined && equalBytes(tx.to.bytes, this.#address)
      if (this.#own.has(hash) || !(isIn || isOut)) continue
      const other = isOut ? tx.to?.bytes : sender
      this.#note({
        hash,
        direction: isOut ? 'out' : 'in',
        other: other === undefined ? '' : checksummed(other),
        value: `${tx.value}`,
        step: 'gossiped',
        at: this.#options.now(),
        peers: 0,
      })
    }
  }

  #dropped({ transactions }: PoolDropEvent): void {
    for (const { hash } of transactions) this.#forgetUnlessPooled(hex(hash))
  }

  /** Forgets a transaction that is in no block, and will be in none as far as this node can tell. */
  #forgetUnlessPooled(hash: string): void {
    const own = this.#own.get(hash)
    if (own === undefined || !this.#waiting.has(hash) || this.#options.pool.has(hexToBytes(hash.slice(2)))) return
    this.#forget(hash)
    this.#tell()
    this.#options.log('bad', `${wayWords(own)} is not waiting any more: the pool dropped it.`, hash)
  }

  /** @param pause milliseconds since they were told last */
  #tellAgain(pause: number): void {
    const now = this.#options.now()
    const due = [...this.#waiting].filter(([, { toldAt }]) => now - toldAt >= pause)
    for (const [, waiting] of due) waiting.toldAt = now
    if (due.length > 0) this.#options.tellAgain(due.map(([hash]) => hexToBytes(hash.slice(2))))
  }

  /** Finds what is the account's in a block, and proves its receipts. */
  async #read(block: Block): Promise<void> {
    const { header, body } = block
    const common = commonAt(this.#common, header)
    for (const [index, raw] of body.transactions.entries()) {
      const hash = hex(transactionHash(raw))
      const tx = readTransaction(raw, common)
      const isIn = tx.to !== undefined && equalBytes(tx.to.bytes, this.#address)
      // Who signed it takes a while to find out, and whoever never sent anything need not ask.
      const known = this.#own.get(hash)
      const isOut = known ? known.direction === 'out' : this.#hasSent && equalBytes(senderOf(tx), this.#address)
      if (isIn || isOut) await this.#mined(block, index, tx, hash, isOut ? 'out' : 'in')
    }
  }

  get #hasSent(): boolean {
    return this.#proven !== undefined && this.#proven.nonce > 0n
  }

  async #mined(
    block: Block,
    index: number,
    tx: TypedTransaction,
    hash: string,
    direction: 'in' | 'out',
  ): Promise<void> {
    this.#isStale = true
    const known = this.#own.get(hash)
    const other = direction === 'out' ? tx.to?.bytes : senderOf(tx)
    const mined: OwnTransaction = {
      hash,
      direction,
      other: known?.other ?? (other === undefined ? '' : checksummed(other)),
      value: `${tx.value}`,
      step: 'mined',
      at: known?.at ?? Number(block.header.time) * 1000,
      peers: known?.peers ?? 0,
      block: Number(block.header.number),
    }
    this.#note(mined)
    const proof = await proveReceipt(this.#options.chain, block, index, tx)
    if (proof === undefined || known?.step === 'proven') return
    this.#note({ ...mined, ...proof, step: 'proven' })
    this.#options.log(proof.succeeded ? 'good' : 'bad', minedWords(mined, proof.succeeded), hash)
  }

  /** Learns what the account has after the head's block, and whether that is more. Where nobody can tell, the next head is asked. */
  async #prove(): Promise<boolean> {
    const head = this.#options.chain.head()
    const proof = await this.#options.proof(this.#checksummed.toLowerCase(), head)
    if (proof === undefined) return false
    const before = this.#proven?.balance ?? 0n
    this.#proven = proveAccount(head.header.stateRoot, this.#address, proof)
    this.#provenAt = Number(head.number)
    this.#isStale = false
    return this.#proven.balance > before
  }

  #note(own: OwnTransaction): void {
    this.#own.set(own.hash, own)
    if (own.step === 'mined' || own.step === 'proven') this.#waiting.delete(own.hash)
    else this.#waiting.set(own.hash, { told: new Set(), toldAt: this.#options.now() })
    while (this.#own.size > MAX_OWN) this.#forget(this.#leastWorth())
    this.#tell()
  }

  /** The oldest that anybody sent here, so that strangers can't push out what the account itself sent; else the oldest. */
  #leastWorth(): string {
    const all = [...this.#own.values()]
    return (all.find(({ direction }) => direction === 'in') ?? all[0]!).hash
  }

  #forget(hash: string): void {
    this.#own.delete(hash)
    this.#waiting.delete(hash)
  }

  #tell(): void {
    this.#options.changed(this.view)
  }
}

/** `0.5 ETH to 0x709979…79C8`. */
const wayWords = ({ direction, other, value }: OwnTransaction): string =>
  `${formatCoins(value)} ETH ${direction === 'out' ? 'to' : 'from'} ${short(other)}`

const minedWords = (own: OwnTransaction, succeeded: boolean): string =>
  succeeded
    ? `${wayWords(own)} came in block ${own.block}, its receipt proven.`
    : `${wayWords(own)} failed in block ${own.block}.`

const checksummed = (address: Uint8Array): string => toChecksumAddress(`0x${bytesToHex(address)}`)
const short = (address: string): string => `0x${shortId(address.slice(2))}`
const hex = (bytes: Uint8Array): string => `0x${bytesToHex(bytes)}`
const no = (why: string): Answer => ({ ok: false, why })

// The node's own account on its chain: what it has, what it sent, and how far each of its transactions has come.
import { createFeeMarket1559Tx, type TypedTransaction } from '@ethereumjs/tx'
import { isValidChecksumAddress, toChecksumAddress } from '@ethereumjs/util'
import {
  type Block,
  type ChainHead,
  type ChainReader,
  chainCommon,
  commonAt,
  decodeReceipt69,
  EMPTY_ROOT,
  type Hash,
  type HeadEvent,
  nextBaseFee,
  readTransaction,
  receiptsRoot,
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

/** Blocks looked through for what the account did before the node started: a quarter of an hour of them. */
const LOOK_BACK = 256n
/** Transactions remembered; a page shows fewer. */
const MAX_OWN = 32
/** Gas that a transfer may take, whatever the fork's prices are; what it does not take is not paid. */
const GAS_LIMIT = 100_000n
/** Wei a gas above the base fee. */
const TIP = 1_000_000_000n

export interface AccountBookOptions {
  /** Private key, 32 bytes. */
  readonly key: Uint8Array
  readonly chain: ChainReader
  readonly pool: Pick<TransactionPool, 'add'>
  readonly faucet: boolean
  /** `accountProof` of the address in the state after a block; undefined where nobody has that state. */
  proof(address: string, block: ChainHead): Promise<readonly string[] | undefined>
  changed(view: AccountView): void
  log(tone: LogTone, text: string, detail?: string): void
  /** Milliseconds since 1970. */
  now(): number
}

export class AccountBook {
  readonly #options: AccountBookOptions
  /** 20 bytes. */
  readonly #address: Uint8Array
  readonly #checksummed: string
  readonly #common
  /** By hash, oldest first. */
  readonly #own = new Map<string, OwnTransaction>()
  /** Peers that were told of each of its transactions that waits. */
  readonly #told = new Map<string, Set<string>>()
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
    this.#checksummed = toChecksumAddress(`0x${bytesToHex(this.#address)}`)
    this.#common = chainCommon(options.chain.config)
  }

  /** Follows the chain until the signal fires; what fails is told by `failed`. */
  start(signal: AbortSignal, failed: (error: unknown) => void): void {
    const { chain } = this.#options
    const queue = (job: () => Promise<void>) => {
      this.#work = this.#work.then(async () => {
        if (signal.aborted) return
        await job()
      })
      this.#work = this.#work.catch(failed)
    }
    chain.addEventListener('head', (event) => queue(() => this.#moved(event)), { signal })
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
      if (own?.step !== 'signed' && own?.step !== 'gossiped') continue
      const peers = this.#told.get(hash) ?? new Set()
      this.#told.set(hash, peers.add(peer))
      this.#own.set(hash, { ...own, step: 'gossiped', peers: peers.size })
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
    const { header } = chain.head()
    const maxFeePerGas = 2n * nextBaseFee(header, chain.config) + TIP
    const { balance = 0n, nonce: proven = 0n } = this.#proven ?? {}
    const most = value + GAS_LIMIT * maxFeePerGas
    if (balance < most)
      return no(`with its fee that takes up to ${formatCoins(`${most}`)}, and there are ${formatCoins(`${balance}`)}`)
    const nonce = this.#nextNonce > proven ? this.#nextNonce : proven
    const fields = {
      chainId: BigInt(chain.config.chainId ?? 0),
      nonce,
      to: hexToBytes(recipient.slice(2).toLowerCase()),
      value,
      gasLimit: GAS_LIMIT,
      maxPriorityFeePerGas: TIP,
      maxFeePerGas,
    }
    const tx = createFeeMarket1559Tx(fields, { common: commonAt(this.#common, header) }).sign(key)
    const hash = hex(tx.hash())
    const signed = {
      hash,
      direction: 'out',
      other: toChecksumAddress(`0x${recipient.slice(2)}`),
      value: `${value}`,
    } as const
    this.#note({ ...signed, step: 'signed', at: now(), peers: 0 })
    const [answer] = await pool.add([{ type: tx.type, bytes: tx.serialize() }], { local: true })
    if (answer === undefined || 'refused' in answer) {
      this.#own.delete(hash)
      this.#told.delete(hash)
      this.#tell()
      return no(answer?.message ?? 'the pool did not answer')
    }
    this.#nextNonce = nonce + 1n
    log('plain', `Signed a transaction: ${formatCoins(`${value}`)} ETH to ${short(recipient)}.`, hash)
    return { ok: true }
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
    for (const { number } of removed) this.#unmine(Number(number))
    for (const { hash, header } of added.slice(-Number(LOOK_BACK))) {
      if (equalBytes(header.txsRoot, EMPTY_ROOT)) continue
      const block = await this.#options.chain.block(hash)
      if (block !== undefined) await this.#read(block)
    }
    if (removed.length > 0) this.#isStale = true
    if (this.#isStale) await this.#prove()
    this.#tell()
  }

  /** Its transactions in a block that is not of the chain any more: those of its own wait again, gifts are gone. */
  #unmine(block: number): void {
    for (const [hash, own] of this.#own) {
      if (own.block !== block) continue
      if (own.direction === 'in') this.#own.delete(hash)
      else {
        const { other, value, at, peers } = own
        this.#own.set(hash, {
          hash,
          direction: 'out',
          other,
          value,
          at,
          peers,
          step: peers > 0 ? 'gossiped' : 'signed',
        })
      }
    }
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
      const isOut = this.#own.has(hash) || (this.#hasSent && equalBytes(senderOf(tx), this.#address))
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
      other: known?.other ?? (other === undefined ? '' : toChecksumAddress(hex(other) as `0x${string}`)),
      value: `${tx.value}`,
      step: 'mined',
      at: known?.at ?? Number(block.header.time) * 1000,
      peers: known?.peers ?? 0,
      block: Number(block.header.number),
    }
    this.#note(mined)
    const proof = await this.#proveReceipt(block, index, tx)
    if (proof === undefined || known?.step === 'proven') return
    this.#note({ ...mined, ...proof, step: 'proven' })
    this.#options.log(proof.succeeded ? 'good' : 'bad', minedWords(mined, proof.succeeded), hash)
  }

  /** What became of a transaction, where the block's receipts are here and their root is the one in its header. */
  async #proveReceipt({ hash, header }: Block, index: number, tx: TypedTransaction) {
    const raws = await this.#options.chain.receipts(hash)
    const receipts = raws?.map((raw) => decodeReceipt69(raw))
    const receipt = receipts?.[index]
    if (receipts === undefined || receipt === undefined) return undefined
    const root = await receiptsRoot(receipts)
    if (!equalBytes(root, header.receiptsRoot)) return undefined
    const gas = receipt.cumulativeGasUsed - (receipts[index - 1]?.cumulativeGasUsed ?? 0n)
    const price = tx.getEffectivePriorityFee(header.baseFeePerGas ?? 0n) + (header.baseFeePerGas ?? 0n)
    return {
      fee: `${gas * price}`,
      succeeded: equalBytes(receipt.postStateOrStatus, Uint8Array.of(1)),
      receiptsRoot: hex(root),
    }
  }

  /** Learns what the account has after the head's block. Where nobody can tell, it is tried at the next head. */
  async #prove(): Promise<void> {
    const head = this.#options.chain.head()
    const proof = await this.#options.proof(this.#checksummed.toLowerCase(), head)
    if (proof === undefined) return
    this.#proven = proveAccount(head.header.stateRoot, this.#address, proof)
    this.#provenAt = Number(head.number)
    this.#isStale = false
  }

  #note(own: OwnTransaction): void {
    this.#own.set(own.hash, own)
    if (own.step === 'mined') this.#told.delete(own.hash)
    for (const hash of this.#own.keys()) {
      if (this.#own.size <= MAX_OWN) break
      this.#own.delete(hash)
      this.#told.delete(hash)
    }
    this.#tell()
  }

  #tell(): void {
    this.#options.changed(this.view)
  }
}

/** Why this is no address to send to; undefined where it is one. */
function addressFault(text: string): string | undefined {
  if (!/^0x[0-9a-f]{40}$/i.test(text)) return 'an address is 0x and 40 hex digits'
  const digits = text.slice(2)
  const isMixed = digits !== digits.toLowerCase() && digits !== digits.toUpperCase()
  return isMixed && !isValidChecksumAddress(text)
    ? 'a letter of this address is wrong: its checksum does not fit'
    : undefined
}

function minedWords({ direction, other, value, block }: OwnTransaction, succeeded: boolean): string {
  const way = direction === 'out' ? `to ${short(other)}` : `from ${short(other)}`
  const what = `${formatCoins(value)} ETH ${way}`
  return succeeded ? `${what} came in block ${block}, its receipt proven.` : `${what} failed in block ${block}.`
}

const short = (address: string): string => `0x${shortId(address.slice(2))}`
const hex = (bytes: Uint8Array): string => `0x${bytesToHex(bytes)}`
const no = (why: string): Answer => ({ ok: false, why })

// Transactions read whole: their fields, what their fork demands of them, and who signed them.
import { type Common, Hardfork } from '@ethereumjs/common'
import {
  AccessList2930Tx,
  Blob4844Tx,
  EOACode7702Tx,
  FeeMarket1559Tx,
  LegacyTx,
  type TxOptions,
  type TypedTransaction,
} from '@ethereumjs/tx'
import { computeVersionedHash } from '@ethereumjs/util'
import {
  asError,
  bytesToHex,
  decodeRlp,
  EthspanError,
  expectBigUint,
  expectBytes,
  expectList,
  invalidRlp,
  type RlpItem,
} from '@ethspan/core'
import { expectHash, expectUint64 } from './fields.js'
import { readSidecar, withoutSidecar } from './sidecar.js'
import type { Transaction } from './transaction.js'

/** The first byte of a blob's versioned hash. Source: EIP-4844, `VERSIONED_HASH_VERSION_KZG`. */
const KZG_VERSION = 1

const expectTo = (item: RlpItem, name: string): Uint8Array => {
  const bytes = expectBytes(item, name)
  return bytes.length === 0 ? bytes : expectBytes(item, name, 20)
}
const number = (item: RlpItem, name: string): bigint => expectBigUint(item, name)
const bytes = (item: RlpItem, name: string): Uint8Array => expectBytes(item, name)

/** Gas of a transaction from Amsterdam on. Source: geth, `params.MaxTxTotalGas`; what is before it the library knows. */
const MAX_TX_TOTAL_GAS = 2n ** 32n - 1n

/** How each field is read. The names are those that @ethereumjs takes. */
const READERS: Readonly<Record<string, (item: RlpItem, name: string) => unknown>> = {
  chainId: number,
  nonce: expectUint64,
  gasPrice: number,
  maxPriorityFeePerGas: number,
  maxFeePerGas: number,
  gasLimit: expectUint64,
  to: expectTo,
  value: number,
  data: bytes,
  accessList: (item, name) => expectList(item, name).map(expectAccess),
  maxFeePerBlobGas: number,
  blobVersionedHashes: (item, name) => expectList(item, name).map(expectVersionedHash),
  authorizationList: (item, name) => expectList(item, name).map(expectAuthorization),
  v: number,
  r: number,
  s: number,
}

const SIGNATURE = ['v', 'r', 's'] as const
const FEES = ['maxPriorityFeePerGas', 'maxFeePerGas', 'gasLimit', 'to', 'value', 'data', 'accessList'] as const

interface Kind {
  readonly fields: readonly string[]
  readonly make: (fields: never, options: TxOptions) => TypedTransaction
}

/** By type: EIP-155, 2930, 1559, 4844, 7702. */
const KINDS: readonly Kind[] = [
  {
    fields: ['nonce', 'gasPrice', 'gasLimit', 'to', 'value', 'data', ...SIGNATURE],
    make: (fields, options) => new LegacyTx(fields, options),
  },
  {
    fields: ['chainId', 'nonce', 'gasPrice', 'gasLimit', 'to', 'value', 'data', 'accessList', ...SIGNATURE],
    make: (fields, options) => new AccessList2930Tx(fields, options),
  },
  {
    fields: ['chainId', 'nonce', ...FEES, ...SIGNATURE],
    make: (fields, options) => new FeeMarket1559Tx(fields, options),
  },
  {
    fields: ['chainId', 'nonce', ...FEES, 'maxFeePerBlobGas', 'blobVersionedHashes', ...SIGNATURE],
    make: (fields, options) => new Blob4844Tx(fields, options),
  },
  {
    fields: ['chainId', 'nonce', ...FEES, 'authorizationList', ...SIGNATURE],
    make: (fields, options) => new EOACode7702Tx(fields, options),
  },
]

/**
 * Reads a transaction, as in a block or with its blobs, which are checked against its hashes and left out: {@link readSidecar}
 * has them. Whether their proofs hold takes a KZG library, and whose signature it is {@link senderOf} says. What is bytes in it
 * are views into those given.
 * @param common the rules of its block, or of the next one: see `commonAt`.
 * @throws {EthspanError} ERR_INVALID_TRANSACTION
 */
export function readTransaction(tx: Transaction, common: Common): TypedTransaction {
  const kind = KINDS[tx.type]
  if (kind === undefined) throw invalid(`there is no transaction type ${tx.type}`)
  try {
    const fields = readFields(withoutSidecar(tx), kind)
    checkChainId(fields, common)
    checkBlobs(tx, fields)
    if (common.gteHardfork(Hardfork.Amsterdam) && (fields.gasLimit as bigint) > MAX_TX_TOTAL_GAS) {
      throw invalid(`its gas limit is ${fields.gasLimit}, at most ${MAX_TX_TOTAL_GAS} may be`)
    }
    // The fields are those of this kind, which the compiler can't see.
    const read = kind.make(fields as never, { common })
    const known = signers.get(tx)
    if (known?.rules === rulesOf(common)) read.cache.senderPubKey = known.publicKey
    sources.set(read, tx)
    return read
  } catch (error) {
    throw invalid(oneLine(asError(error).message), error)
  }
}

// A block is verified, then executed, then asked for: its signatures are worked out once, as long as it is in memory.
const signers = new WeakMap<Transaction, { readonly rules: string; readonly publicKey: Uint8Array }>()
const sources = new WeakMap<TypedTransaction, Transaction>()
const senders = new WeakMap<TypedTransaction, Uint8Array>()

/** What it was read from. Whoever puts this very object into a block saves all who read the block the signature. */
export const sourceOf = (tx: TypedTransaction): Transaction | undefined => sources.get(tx)

/** What decides whose a signature is beside the bytes. */
const rulesOf = (common: Common): string => `${common.chainId()} ${common.hardfork()}`

/**
 * Who signed it, 20 bytes; worked out once.
 * @throws {EthspanError} ERR_INVALID_TRANSACTION where the signature is nobody's.
 */
export function senderOf(tx: TypedTransaction): Uint8Array {
  const known = senders.get(tx)
  if (known !== undefined) return known
  try {
    const publicKey = tx.getSenderPublicKey()
    const source = sources.get(tx)
    if (source !== undefined) signers.set(source, { rules: rulesOf(tx.common), publicKey })
    const { bytes } = tx.getSenderAddress()
    senders.set(tx, bytes)
    return bytes
  } catch (error) {
    throw invalid('the signature is not valid', error)
  }
}

type Fields = Readonly<Record<string, unknown>>

function readFields({ type, bytes }: Transaction, { fields }: Kind): Fields {
  const limits = { min: fields.length, max: fields.length }
  const items = expectList(decodeRlp(type === 0 ? bytes : bytes.subarray(1)), 'transaction', limits)
  return Object.fromEntries(items.map((item, i) => [fields[i]!, READERS[fields[i]!]!(item, fields[i]!)]))
}

/** The library compares a legacy one's in floating point, and puts its own source code into the message. */
function checkChainId({ chainId, v }: Fields, common: Common): void {
  const expected = common.chainId()
  if (chainId !== undefined) {
    if (chainId !== expected) throw invalid(`it is for chain ${chainId}, not ${expected}`)
    if (v !== 0n && v !== 1n) throw invalid(`its y parity must be 0 or 1, not ${v}`)
    return
  }
  if (v === 27n || v === 28n) return
  const told = ((v as bigint) - 35n) / 2n
  if (!common.gteHardfork(Hardfork.SpuriousDragon) || (v as bigint) < 35n)
    throw invalid(`its v must be 27 or 28, not ${v}`)
  if (told !== expected) throw invalid(`it is for chain ${told}, not ${expected}`)
}

function checkBlobs(tx: Transaction, { blobVersionedHashes }: Fields): void {
  const sidecar = readSidecar(tx)
  if (sidecar === undefined) return
  const hashes = (blobVersionedHashes as readonly Uint8Array[]).map((hash) => `0x${bytesToHex(hash)}`)
  const found = sidecar.commitments.map((bytes) => computeVersionedHash(`0x${bytesToHex(bytes)}`, KZG_VERSION))
  if (hashes.join() !== found.join()) throw invalid('its blobs are not those that its hashes name')
}

function expectAccess(item: RlpItem): [Uint8Array, Uint8Array[]] {
  const [address, keys] = expectList(item, 'access', { min: 2, max: 2 })
  return [
    expectBytes(address, 'address', 20),
    expectList(keys, 'storage keys').map((key) => expectHash(key, 'storage key')),
  ]
}

/** The library takes any whose first byte starts with the digit 1. */
function expectVersionedHash(item: RlpItem): Uint8Array {
  const hash = expectHash(item, 'versioned hash')
  if (hash[0] !== KZG_VERSION) throw invalidRlp(`versioned hash: there is no version ${hash[0]}`)
  return hash
}

/** `[chain id, address, nonce, y parity, r, s]`; bounds: geth, `SetCodeAuthorization`. */
function expectAuthorization(item: RlpItem): Uint8Array[] {
  const fields = expectList(item, 'authorization', { min: 6, max: 6 })
  const sizes = [32, undefined, 8, 1, 32, 32]
  for (const [i, size] of sizes.entries()) if (size !== undefined) expectBigUint(fields[i], 'authorization', size)
  expectBytes(fields[1], 'authorization address', 20)
  return fields.map((field) => expectBytes(field, 'authorization'))
}

/** The library puts the whole transaction behind what it has to say. */
const oneLine = (message: string): string => message.split('\n')[0]!.replace(/ \(tx type=.*$/, '')

const invalid = (message: string, cause?: unknown): EthspanError =>
  cause instanceof EthspanError && cause.code === 'ERR_INVALID_TRANSACTION'
    ? cause
    : new EthspanError('ERR_INVALID_TRANSACTION', message, { cause })

// From bytes to an entry of the pool: all that can be said of a transaction by the head's rules alone, cheap things first.
// The texts are geth's (`txpool.ValidateTransaction`).
import { Capability, type TypedTransaction } from '@ethereumjs/tx'
import { eoaCode7702RecoverAuthority } from '@ethereumjs/util'
import {
  BLOB_TX_TYPE,
  type BlobSidecar,
  encodeTransaction,
  GAS_PER_BLOB,
  type Hash,
  readSidecar,
  readTransaction,
  senderOf,
  type Transaction,
  transactionHash,
  withoutSidecar,
} from '@ethspan/chain'
import { asError, bytesToHex } from '@ethspan/core'
import { sidecarFault } from '../blobs/sidecar.js'
import type { Entry } from '../entry.js'
import { type FeeCaps, feeCapsOf } from '../fees.js'
import {
  MAX_AUTHORIZATIONS,
  MAX_BLOB_TX_BYTES,
  MAX_BLOBS_PER_TX,
  MAX_TX_BYTES,
  MIN_BLOB_FEE,
  SLOT_BYTES,
} from '../limits.js'
import { isRefusal, type Refusal, refusal } from '../refusal.js'
import { explainUnreadable } from './explain.js'
import { gasFault } from './gas.js'
import type { Rules } from './rules.js'

/** Where a transaction came from, and what is asked of it for that. */
export interface Origin {
  readonly isLocal: boolean
  readonly peer: string | undefined
  /** By the pool's clock, milliseconds. */
  readonly since: number
  /** Wei; 0 for one of our own. */
  readonly minTip: bigint
  /** Where it was recovered before. */
  readonly sender?: Uint8Array | undefined
}

/** A transaction that is right by itself, apart from the proofs of its blobs. */
export interface Candidate {
  readonly entry: Entry
  /** Of one with blobs, views into the entry's bytes. */
  readonly sidecar: BlobSidecar | undefined
}

/** The transaction's hash, or why it has none that counts: told before anything costly is done. */
export function identify(tx: Transaction, { common }: Rules): Hash | Refusal {
  const { type, bytes } = tx
  const fork = FIRST_FORK[type]
  if (fork === undefined) return refusal('not-yet', `transaction type not supported: received type ${type}`)
  const limit = type === BLOB_TX_TYPE ? MAX_BLOB_TX_BYTES : MAX_TX_BYTES
  if (bytes.length > limit) {
    return refusal('invalid', `oversized data: transaction size ${bytes.length}, limit ${limit}`)
  }
  if (fork.eip !== 0 && !common.isActivatedEIP(fork.eip)) {
    return refusal('not-yet', `transaction type not supported: type ${type} rejected, pool not yet in ${fork.name}`)
  }
  try {
    return transactionHash(tx)
  } catch {
    return refusal('invalid', 'a transaction with blobs that is no list')
  }
}

/** What brought each type. */
const FIRST_FORK: readonly { readonly eip: number; readonly name: string }[] = [
  { eip: 0, name: 'Frontier' },
  { eip: 2930, name: 'Berlin' },
  { eip: 1559, name: 'London' },
  { eip: 4844, name: 'Cancun' },
  { eip: 7702, name: 'Prague' },
]

/** Reads one that {@link identify} let pass. */
export function readCandidate(tx: Transaction, hash: Hash, rules: Rules, origin: Origin): Candidate | Refusal {
  // The message it came in may be large; what is kept is a copy of its own.
  const encoded = encodeTransaction(tx.type === 0 ? { type: 0, bytes: tx.bytes.slice() } : tx)
  const own: Transaction = { type: tx.type, bytes: encoded.subarray(encoded.length - tx.bytes.length) }
  const read = readAlone(own, rules)
  if (isRefusal(read)) return read
  const sidecar = checkedSidecar(own, read, rules)
  if (sidecar !== undefined && isRefusal(sidecar)) return sidecar
  const caps = feeCapsOf(read)
  const fault = originFault(read, caps, origin) ?? partsFault(read, caps) ?? gasFault(read, rules)
  if (fault !== undefined) return fault
  const sender = origin.sender ?? recoverSender(read)
  if ('refused' in sender) return sender
  const blobGas = 'blobVersionedHashes' in read ? BigInt(read.blobVersionedHashes.length * GAS_PER_BLOB) : 0n
  return {
    sidecar,
    entry: {
      ...own,
      ...caps,
      hash,
      key: bytesToHex(hash),
      size: own.bytes.length,
      sender,
      senderKey: bytesToHex(sender),
      tx: read,
      nonce: read.nonce,
      gas: read.gasLimit,
      cost: read.gasLimit * caps.feeCap + read.value + blobGas * caps.blobFeeCap,
      slots: Math.ceil(own.bytes.length / SLOT_BYTES),
      authorities: authoritiesOf(read),
      encoded,
      isLocal: origin.isLocal,
      peer: origin.peer,
      since: origin.since,
    },
  }
}

function readAlone(tx: Transaction, rules: Rules): TypedTransaction | Refusal {
  let alone = tx
  try {
    alone = withoutSidecar(tx)
    return readTransaction(alone, rules.common)
  } catch (error) {
    return explainUnreadable(alone, rules, asError(error))
  }
}

/** Of one with blobs its sidecar, apart from the proofs. */
function checkedSidecar(tx: Transaction, read: TypedTransaction, { common }: Rules): BlobSidecar | Refusal | undefined {
  if (!('blobVersionedHashes' in read)) return undefined
  let sidecar: BlobSidecar | undefined
  try {
    sidecar = readSidecar(tx)
  } catch (error) {
    return refusal('invalid-sidecar', asError(error).message)
  }
  if (sidecar === undefined) return refusal('invalid-sidecar', 'missing sidecar in blob transaction')
  return sidecarFault(sidecar, read.blobVersionedHashes, common.isActivatedEIP(7594)) ?? sidecar
}

function originFault(tx: TypedTransaction, { tipCap }: FeeCaps, { isLocal, minTip }: Origin): Refusal | undefined {
  if (isLocal && tx.type === 0 && !tx.supports(Capability.EIP155ReplayProtection)) {
    // geth's RPC refuses what its pool takes from peers: anybody could send it on another chain.
    return refusal('invalid', 'only replay-protected (EIP-155) transactions allowed over RPC')
  }
  if (tipCap >= minTip) return undefined
  const message = `transaction gas price below minimum: gas tip cap ${tipCap}, minimum needed ${minTip}`
  return refusal('underpriced', message)
}

function partsFault(tx: TypedTransaction, { blobFeeCap }: FeeCaps): Refusal | undefined {
  if ('blobVersionedHashes' in tx) {
    const blobs = tx.blobVersionedHashes.length
    if (blobs > MAX_BLOBS_PER_TX) {
      const message = `transaction blob limit exceeded: blob count ${blobs}, limit ${MAX_BLOBS_PER_TX}`
      return refusal('capacity', message)
    }
    if (blobFeeCap < MIN_BLOB_FEE) {
      const message = `transaction gas price below minimum: blob fee cap ${blobFeeCap}, minimum needed ${MIN_BLOB_FEE}`
      return refusal('underpriced', message)
    }
  }
  if ('authorizationList' in tx && tx.authorizationList.length > MAX_AUTHORIZATIONS) {
    const message = `too many authorizations: ${tx.authorizationList.length}, limit ${MAX_AUTHORIZATIONS}`
    return refusal('capacity', message)
  }
  return undefined
}

function recoverSender(tx: TypedTransaction): Uint8Array | Refusal {
  try {
    return senderOf(tx)
  } catch {
    return refusal('invalid', 'invalid sender: invalid transaction v, r, s values')
  }
}

/** Whoever signed an authorization; one that nobody signed has no effect and is passed over, as in geth. */
function authoritiesOf(tx: TypedTransaction): string[] {
  if (!('authorizationList' in tx)) return []
  const authorities = new Set<string>()
  for (const authorization of tx.authorizationList) {
    try {
      authorities.add(bytesToHex(eoaCode7702RecoverAuthority(authorization).bytes))
    } catch {
      // Nobody signed it.
    }
  }
  return [...authorities]
}

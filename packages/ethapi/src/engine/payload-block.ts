// Makes the block of a payload. Geth: `ExecutableDataToBlock`.
import type { Common } from '@ethereumjs/common'
import { isBlob4844Tx } from '@ethereumjs/tx'
import {
  accessListHash,
  type BlockToKeep,
  commonAt,
  decodeBody,
  decodeHeader,
  EMPTY_UNCLES_HASH,
  encodeBody,
  encodeHeader,
  type Hash,
  type HeaderFields,
  headerHash,
  readTransaction,
  type Transaction,
  transactionsRoot,
  withdrawalsRoot,
} from '@ethspan/chain'
import { asError, bytesToHex, concatBytes, equalBytes, nextTurn, splitRlpList } from '@ethspan/core'
import { sha256 } from '@noble/hashes/sha2.js'
import { binaryTransaction } from '../binary-transaction.js'
import { hex } from '../format/hex.js'
import type { ExecutionPayload } from './payload-params.js'

/** A payload with what comes beside it. */
export interface SentPayload {
  readonly payload: ExecutionPayload
  /** From Cancun: the hashes of its blobs, in their order. */
  readonly versionedHashes?: readonly Hash[]
  /** From Cancun. */
  readonly beaconRoot?: Hash
  /** From Prague: each its type and its data (EIP-7685). */
  readonly requests?: readonly Uint8Array[]
}

/** The payload is no block, or not the one it says it is. */
export class PayloadFault extends Error {}

/** Source: yellow paper, section 4.3; geth: `MaximumExtraDataSize`. */
const MAX_EXTRA_DATA_BYTES = 32
const BLOOM_BYTES = 256

/** @throws {PayloadFault} in geth's words */
export async function payloadBlock(sent: SentPayload, common: Common): Promise<BlockToKeep> {
  const { payload, versionedHashes = [], beaconRoot, requests } = sent
  const { extraData, logsBloom, blockAccessList, blockHash, withdrawals } = payload
  const transactions = payload.transactions.map(readBinary)
  if (extraData.length > MAX_EXTRA_DATA_BYTES) throw new PayloadFault(`invalid extradata length: ${extraData.length}`)
  if (logsBloom.length !== BLOOM_BYTES) throw new PayloadFault(`invalid logsBloom length: ${logsBloom.length}`)
  await checkBlobs(
    transactions,
    versionedHashes,
    commonAt(common, { number: payload.blockNumber, time: payload.timestamp }),
  )

  const body = decodeBody(encodeBody({ transactions, uncles: [], withdrawals }))
  if (blockAccessList !== undefined) checkAccessList(blockAccessList)
  const raw = encoded({
    parentHash: payload.parentHash,
    ommersHash: EMPTY_UNCLES_HASH,
    coinbase: payload.feeRecipient,
    stateRoot: payload.stateRoot,
    txsRoot: await transactionsRoot(transactions),
    receiptsRoot: payload.receiptsRoot,
    bloom: logsBloom,
    difficulty: 0n,
    number: payload.blockNumber,
    gasLimit: payload.gasLimit,
    gasUsed: payload.gasUsed,
    time: payload.timestamp,
    extraData,
    mixDigest: payload.prevRandao,
    nonce: new Uint8Array(8),
    baseFeePerGas: payload.baseFeePerGas,
    withdrawalsRoot: body.withdrawalsRaw && (await withdrawalsRoot(body.withdrawalsRaw)),
    blobGasUsed: payload.blobGasUsed,
    excessBlobGas: payload.excessBlobGas,
    parentBeaconRoot: beaconRoot,
    requestsHash: requests && requestsHash(requests),
    blockAccessListHash: blockAccessList?.length ? accessListHash(blockAccessList) : undefined,
    slotNumber: payload.slotNumber,
  })
  const hash = headerHash({ raw })
  if (!equalBytes(hash, blockHash)) {
    throw new PayloadFault(`blockhash mismatch, want ${bytesToHex(blockHash)}, got ${bytesToHex(hash)}`)
  }
  return { hash, header: decodeHeader(raw), body, accessList: blockAccessList }
}

/** A field is missing that those after it need. */
function encoded(fields: HeaderFields): Uint8Array {
  try {
    return encodeHeader(fields)
  } catch (error) {
    throw new PayloadFault(asError(error).message)
  }
}

function readBinary(bytes: Uint8Array, index: number): Transaction {
  try {
    return binaryTransaction(bytes)
  } catch (error) {
    throw new PayloadFault(`invalid transaction ${index}: ${asError(error).message}`)
  }
}

/** Transactions that are read before others have their turn: some 10 ms. A proposer may send as many as go into ten megabytes. */
const TRANSACTIONS_PER_TURN = 256

/** Reads every transaction, and compares the hashes of their blobs with those that the consensus client has seen. */
async function checkBlobs(
  transactions: readonly Transaction[],
  expected: readonly Hash[],
  rules: Common,
): Promise<void> {
  const found: string[] = []
  for (const [index, transaction] of transactions.entries()) {
    if (index % TRANSACTIONS_PER_TURN === TRANSACTIONS_PER_TURN - 1) await nextTurn()
    try {
      const tx = readTransaction(transaction, rules)
      if (isBlob4844Tx(tx)) found.push(...tx.blobVersionedHashes)
    } catch (error) {
      throw new PayloadFault(`invalid transaction ${index}: ${asError(error).message}`)
    }
  }
  if (found.length !== expected.length) {
    throw new PayloadFault(`invalid number of versionedHashes: ${expected.length} blobHashes: ${found.length}`)
  }
  for (const [i, ours] of found.entries()) {
    const told = hex(expected[i]!)
    if (told !== ours) throw new PayloadFault(`invalid versionedHash at ${i}: ${told} blobHash: ${ours}`)
  }
}

/** Only that it is a list: what it says has to be what the block's execution finds, byte for byte. */
function checkAccessList(list: Uint8Array): void {
  try {
    splitRlpList(list, 'block access list', { max: list.length })
  } catch (error) {
    throw new PayloadFault(`failed to decode BAL: ${asError(error).message}`)
  }
}

/** What the header's `requestsHash` must be (EIP-7685). */
const requestsHash = (requests: readonly Uint8Array[]): Hash =>
  sha256(concatBytes(...requests.filter(({ length }) => length > 1).map((request) => sha256(request))))

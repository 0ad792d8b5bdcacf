// Receipts, in the encodings of eth/68 with bloom and of eth/69 without (EIP-7642).
import {
  concatBytes,
  decodeRlp,
  encodeRlp,
  equalBytes,
  expectBytes,
  expectList,
  expectUint,
  invalidRlp,
  isRlpList,
  joinRlpList,
  keccak256,
  type RlpItem,
  rlpStringPayload,
  splitRlpList,
} from '@ethspan/core'
import { expectHash, expectUint64, type Hash } from './fields.js'
import { MAX_TX_TYPE } from './transaction.js'

/** What an execution left behind for others to find. */
export interface Log {
  /** 20 bytes. */
  readonly address: Uint8Array
  /** At most four. */
  readonly topics: readonly Hash[]
  readonly data: Uint8Array
}

/** A receipt, whichever version brought it. */
export interface Receipt {
  /** Of its transaction: 0 for a legacy one. */
  readonly type: number
  /** From Byzantium empty (failed) or the byte 1; before it the state root after the transaction, 32 bytes. */
  readonly postStateOrStatus: Uint8Array
  /** Gas of the block up to and with this transaction. */
  readonly cumulativeGasUsed: bigint
  /** RLP of the list of logs, a view into the message, checked; {@link decodeLogs} reads it. */
  readonly logs: Uint8Array
  /** 256 bytes, of eth/68 alone: as it was received, which may be wrong. */
  readonly bloom?: Uint8Array
}

/** What the EVM can write at once (LOG4). */
const MAX_TOPICS = 4
export const BLOOM_BYTES = 256
/** Fewer bytes than any log has, to bound how many a receipt can hold: its address, and the prefixes of all its parts. */
const MIN_LOG_BYTES = 24
/** A log, its address and data, its list of topics and those, and one too many for a better error. */
const LOG_ITEMS = 5 + MAX_TOPICS

/** @throws {EthspanError} ERR_INVALID_RLP */
export const decodeLogs = (receipt: Pick<Receipt, 'logs'>): Log[] => [...readLogs(receipt)]

/** One after the other. @throws {EthspanError} ERR_INVALID_RLP */
export function* readLogs({ logs }: Pick<Receipt, 'logs'>): Generator<Log, void> {
  for (const log of splitLogs(logs)) yield decodeLog(log)
}

export const encodeLogs = (logs: readonly Log[]): Uint8Array =>
  encodeRlp(logs.map(({ address, topics, data }) => [address, topics, data]))

const splitLogs = (raw: Uint8Array): Uint8Array[] =>
  splitRlpList(raw, 'logs', { max: Math.floor(raw.length / MIN_LOG_BYTES) })

function decodeLog(raw: Uint8Array): Log {
  const item = decodeRlp(raw, { maxDepth: 2, maxItems: LOG_ITEMS })
  const [address, topics, data] = expectList(item, 'log', { min: 3, max: 3 })
  return {
    address: expectBytes(address, 'log address', 20),
    topics: expectList(topics, 'topics', { max: MAX_TOPICS }).map((topic) => expectHash(topic, 'topic')),
    data: expectBytes(data, 'log data'),
  }
}

/** The logs' bloom filter: three bits of 2048 for each address and topic (yellow paper, 4.4.3). */
export function logsBloom(logs: readonly Log[]): Uint8Array {
  const bloom = new Uint8Array(BLOOM_BYTES)
  for (const log of logs) addToBloom(bloom, log)
  return bloom
}

/** @param keccak Keccak-256, for those who have a faster one. */
export function addToBloom(bloom: Uint8Array, { address, topics }: Log, keccak = keccak256): void {
  for (const value of [address, ...topics]) {
    const hash = keccak(value)
    for (const i of [0, 2, 4]) {
      const bit = ((hash[i]! << 8) | hash[i + 1]!) & 2047
      bloom[BLOOM_BYTES - 1 - (bit >> 3)]! |= 1 << (bit & 7)
    }
  }
}

/** The receipt as in a block's receipt trie; its bloom is as received where it was, else made of the logs. */
export function receiptConsensusBytes(receipt: Receipt): Uint8Array {
  const { type, postStateOrStatus, cumulativeGasUsed, logs, bloom = logsBloom(decodeLogs(receipt)) } = receipt
  const fields = [encodeRlp(postStateOrStatus), encodeRlp(cumulativeGasUsed), encodeRlp(bloom), logs]
  return type === 0 ? joinRlpList(fields) : concatBytes(Uint8Array.of(type), joinRlpList(fields))
}

/** `[tx-type, post-state-or-status, cumulative-gas, logs]`, as in eth/69 and later. */
export const encodeReceipt69 = ({ type, postStateOrStatus, cumulativeGasUsed, logs }: Receipt): Uint8Array =>
  joinRlpList([encodeRlp(type), encodeRlp(postStateOrStatus), encodeRlp(cumulativeGasUsed), logs])

/** A legacy receipt as a list, a typed one as a byte string, both with their bloom, as in eth/68. */
export function encodeReceipt68(receipt: Receipt): Uint8Array {
  const bytes = receiptConsensusBytes(receipt)
  return receipt.type === 0 ? bytes : encodeRlp(bytes)
}

/** @throws {EthspanError} ERR_INVALID_RLP */
export function decodeReceipt69(raw: Uint8Array): Receipt {
  const [type, status, gas, logs] = splitRlpList(raw, 'receipt', { min: 4, max: 4 })
  return readReceipt(expectUint(decodeRlp(type!), 'receipt type', MAX_TX_TYPE), status!, gas!, logs!)
}

/** @throws {EthspanError} ERR_INVALID_RLP */
export function decodeReceipt68(raw: Uint8Array): Receipt {
  let type = 0
  let fields = raw
  if (!isRlpList(raw)) {
    const bytes = rlpStringPayload(raw, 'receipt')
    type = bytes[0] ?? 0
    if (type === 0 || type > MAX_TX_TYPE) throw invalidRlp(`receipt: there is no type ${bytes[0]}`)
    fields = bytes.subarray(1)
  }
  const [status, gas, bloom, logs] = splitRlpList(fields, 'receipt', { min: 4, max: 4 })
  const receipt = readReceipt(type, status!, gas!, logs!)
  return { ...receipt, bloom: expectBytes(decodeRlp(bloom!), 'bloom', BLOOM_BYTES) }
}

function readReceipt(type: number, status: Uint8Array, gas: Uint8Array, logs: Uint8Array): Receipt {
  for (const log of splitLogs(logs)) decodeLog(log)
  return {
    type,
    postStateOrStatus: expectStatus(decodeRlp(status)),
    cumulativeGasUsed: expectUint64(decodeRlp(gas), 'cumulative gas'),
    logs,
  }
}

function expectStatus(item: RlpItem): Uint8Array {
  const bytes = expectBytes(item, 'post state or status')
  if (bytes.length === 0 || bytes.length === 32 || equalBytes(bytes, Uint8Array.of(1))) return bytes
  throw invalidRlp('post state or status: expected nothing, 1 or a state root')
}

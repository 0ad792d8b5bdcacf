// What logs are searched by: geth's `FilterCriteria`.
import { MAX_TOPICS } from '../limits.js'
import { type BlockNumber, blockNumber } from './block.js'
import { address, hash } from './hex.js'
import { field, fields, list, type Reader, Unreadable } from './reader.js'

/** Which logs: from one of these addresses, with one of these topics at each position. None is any. */
export interface LogMatch {
  readonly addresses: readonly Uint8Array[]
  readonly topics: readonly (readonly Uint8Array[])[]
}

export interface LogFilter extends LogMatch {
  /** One block; then no range is given. */
  readonly blockHash?: Uint8Array
  readonly fromBlock?: BlockNumber
  readonly toBlock?: BlockNumber
}

const addresses: Reader<readonly Uint8Array[]> = (value) => {
  return typeof value === 'string' ? [address(value)] : list(address)(value)
}

/** One topic, or several of which one has to be there; null is any, among several too. */
const position: Reader<readonly Uint8Array[]> = (value) => {
  if (value === null) return []
  if (typeof value === 'string') return [hash(value)]
  if (!Array.isArray(value)) throw new Unreadable('invalid topic(s)')
  return value.includes(null) ? [] : value.map(hash)
}

/** @throws {Unreadable} */
export const logFilter: Reader<LogFilter> = (value) => {
  const filter = fields(value)
  const blockHash = field(filter, 'blockHash', hash)
  const fromBlock = field(filter, 'fromBlock', blockNumber)
  const toBlock = field(filter, 'toBlock', blockNumber)
  if (blockHash !== undefined && (fromBlock !== undefined || toBlock !== undefined)) {
    throw new Unreadable('cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other')
  }
  const topics = field(filter, 'topics', list(position)) ?? []
  if (topics.length > MAX_TOPICS) throw new Unreadable('exceed max topics')
  return {
    addresses: field(filter, 'address', addresses) ?? [],
    topics,
    blockHash,
    fromBlock,
    toBlock,
  }
}

/** Addresses and topics. */
export const countValues = ({ addresses, topics }: LogMatch): number =>
  topics.reduce((sum, { length }) => sum + length, addresses.length)

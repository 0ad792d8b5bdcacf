// How callers name a block.
import { blockHeight, hash } from './hex.js'
import { boolean, field, fields, type Reader, text, Unreadable } from './reader.js'

const TAGS = ['latest', 'safe', 'finalized', 'pending', 'earliest'] as const
export type BlockTag = (typeof TAGS)[number]

/** By number, or by what it is at the time. */
export type BlockNumber = bigint | BlockTag

/** EIP-1898. */
export interface BlockByHash {
  readonly hash: Uint8Array
  /** Refuse it where it is not on the canonical chain. */
  readonly requireCanonical: boolean
}

export type BlockSelector = BlockNumber | BlockByHash

/** `0x` and 64 digits. */
const HASH_LENGTH = 66

const isTag = (sent: string): sent is BlockTag => (TAGS as readonly string[]).includes(sent)

export const blockNumber: Reader<BlockNumber> = (value) => {
  const sent = text(value)
  return isTag(sent) ? sent : blockHeight(sent)
}

/** A tag, a number, a hash, or EIP-1898's object. */
export const blockSelector: Reader<BlockSelector> = (value) => {
  if (typeof value !== 'string') return selectorObject(value)
  return value.length === HASH_LENGTH ? { hash: hash(value), requireCanonical: false } : blockNumber(value)
}

function selectorObject(value: unknown): BlockSelector {
  const object = fields(value)
  const number = field(object, 'blockNumber', blockNumber)
  const byHash = field(object, 'blockHash', hash)
  if (number !== undefined && byHash !== undefined) {
    throw new Unreadable('cannot specify both BlockHash and BlockNumber, choose one or the other')
  }
  if (byHash !== undefined) {
    return { hash: byHash, requireCanonical: field(object, 'requireCanonical', boolean) ?? false }
  }
  if (number === undefined) throw new Unreadable('must specify either BlockHash or BlockNumber')
  return number
}

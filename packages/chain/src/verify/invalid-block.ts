import { bytesToHex, EthspanError } from '@ethspan/core'
import { type Header, headerHash } from '../block/header.js'

/** What a program can read of an ERR_INVALID_BLOCK: `fields` of the error. */
export interface InvalidBlock {
  readonly number: bigint
  /** 0x and hexadecimal digits. */
  readonly hash: string
  /** The same of its parent. */
  readonly parentHash: string
  /** Of the header by its name there, or `transactions` or `uncles`. */
  readonly field: string
}

/** @param what follows the name of the field: `is 7, must be 8`. */
export function invalidBlock(header: Header, field: string, what: string, cause?: unknown): EthspanError {
  const { number, parentHash } = header
  const [hash, parent] = [headerHash(header), parentHash].map((bytes) => `0x${bytesToHex(bytes)}`) as [string, string]
  const fields: InvalidBlock = { number, hash, parentHash: parent, field }
  return new EthspanError('ERR_INVALID_BLOCK', `block ${number}: ${field} ${what}`, {
    fields: { ...fields },
    cause,
  })
}

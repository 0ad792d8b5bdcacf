import { bytesToHex, EthspanError } from '@ethspan/core'
import { type Header, headerHash } from '../block/header.js'

/** What a program can read of an ERR_INVALID_BLOCK: `fields` of the error. */
export interface InvalidBlock {
  readonly number: bigint
  /** 0x and hexadecimal digits. */
  readonly hash: string
  /** Of the header by its name there, or `transactions` or `uncles`. */
  readonly field: string
}

/** @param what follows the name of the field: `is 7, must be 8`. */
export function invalidBlock(header: Header, field: string, what: string, cause?: unknown): EthspanError {
  const fields: InvalidBlock = { number: header.number, hash: `0x${bytesToHex(headerHash(header))}`, field }
  return new EthspanError('ERR_INVALID_BLOCK', `block ${header.number}: ${field} ${what}`, {
    fields: { ...fields },
    cause,
  })
}

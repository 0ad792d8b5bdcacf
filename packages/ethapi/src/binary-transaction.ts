import type { Transaction } from '@ethspan/chain'
import { failed } from './errors.js'

/** The highest type that there is. */
const MAX_KNOWN_TYPE = 4
/** The first byte of a legacy transaction is that of an RLP list; types end before. */
const FIRST_LEGACY_BYTE = 0x80

/**
 * A transaction as people send it: RLP of a legacy one, else the type and its payload (EIP-2718). What is inside is not looked at.
 * @throws {RpcError} -32000 in the words of geth's `Transaction.UnmarshalBinary`
 */
export function binaryTransaction(bytes: Uint8Array): Transaction {
  const type = bytes[0] ?? 0
  if (type >= FIRST_LEGACY_BYTE) return { type: 0, bytes }
  if (bytes.length < 2) throw failed('typed transaction too short')
  if (type === 0 || type > MAX_KNOWN_TYPE) throw failed('transaction type not supported')
  return { type, bytes }
}

// An account as the state trie has it (yellow paper, 4.1).
import type { Account } from '@ethspan/chain'
import { EMPTY_ROOT } from '@ethspan/chain'
import { decodeRlp, encodeRlp, expectBigUint, expectBytes, expectList, keccak256 } from '@ethspan/core'

/** Keccak-256 of nothing: of an account that is no contract. */
export const EMPTY_CODE_HASH: Uint8Array = keccak256(new Uint8Array(0))

export const EMPTY_ACCOUNT: Account = {
  nonce: 0n,
  balance: 0n,
  codeHash: EMPTY_CODE_HASH,
  storageRoot: EMPTY_ROOT,
}

export const encodeAccount = ({ nonce, balance, storageRoot, codeHash }: Account): Uint8Array =>
  encodeRlp([nonce, balance, storageRoot, codeHash])

/** @throws {EthspanError} ERR_INVALID_RLP */
export function decodeAccount(raw: Uint8Array): Account {
  const items = expectList(decodeRlp(raw, { maxDepth: 1, maxItems: 5 }), 'account', { min: 4, max: 4 })
  return {
    nonce: expectBigUint(items[0], 'nonce'),
    balance: expectBigUint(items[1], 'balance'),
    storageRoot: expectBytes(items[2], 'storage root', 32),
    codeHash: expectBytes(items[3], 'code hash', 32),
  }
}

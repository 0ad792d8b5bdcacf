// What headers, bodies and receipts have in common.
import { expectBigUint, expectBytes, type RlpItem } from '@ethspan/core'

/** 32 bytes. */
export type Hash = Uint8Array

export const HASH_BYTES = 32
const UINT64_BYTES = 8

/** @throws {EthspanError} ERR_INVALID_RLP */
export const expectHash = (item: RlpItem | undefined, what: string): Hash => expectBytes(item, what, HASH_BYTES)

/** @throws {EthspanError} ERR_INVALID_RLP */
export const expectUint64 = (item: RlpItem | undefined, what: string): bigint => expectBigUint(item, what, UINT64_BYTES)

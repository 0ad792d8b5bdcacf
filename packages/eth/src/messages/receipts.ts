// Receipts: of eth/68 with bloom, of eth/69 without (EIP-7642), of eth/70 in parts (EIP-7975).
import { decodeReceipt68, decodeReceipt69, type Receipt } from '@ethspan/chain'
import { decodeRlp, encodeRlp, expectUint, invalidRlp, joinRlpList, splitRlpList } from '@ethspan/core'
import { joinAnswer, splitAnswer } from './fields.js'

/** Fewer bytes than any receipt has, to bound how many a message can hold. Source: geth, `checkReceiptItemCounts`. */
const MIN_RECEIPT_BYTES = 5

const encodeBlocks = (blocks: readonly (readonly Uint8Array[])[]): Uint8Array => joinRlpList(blocks.map(joinRlpList))

/** @param blocks of each block its receipts, encoded for the version */
export const encodeReceipts = (requestId: bigint, blocks: readonly (readonly Uint8Array[])[]): Uint8Array =>
  joinAnswer(requestId, encodeBlocks(blocks))

/** `[request-id, last-block-incomplete: {0, 1}, [[receipt₁, …], …]]`, as in eth/70 and later. */
export const encodeReceipts70 = (
  requestId: bigint,
  lastBlockIncomplete: boolean,
  blocks: readonly (readonly Uint8Array[])[],
): Uint8Array => joinAnswer(requestId, encodeRlp(lastBlockIncomplete), encodeBlocks(blocks))

export interface Receipts {
  readonly requestId: bigint
  /** Of each block its receipts. */
  readonly blocks: readonly (readonly Receipt[])[]
  /** The last block has more receipts, which must be asked for anew (eth/70 and later). */
  readonly lastBlockIncomplete: boolean
}

/**
 * Reads Receipts as `version` has them.
 * @param max blocks that were asked for
 * @throws {EthspanError} ERR_INVALID_RLP, also for an incomplete answer without a receipt, which would go on for ever;
 * ERR_MESSAGE_TOO_BIG
 */
export function decodeReceipts(payload: Uint8Array, version: number, max: number): Receipts {
  const inParts = version >= 70
  const { requestId, fields } = splitAnswer(payload, 'Receipts', inParts ? 3 : 2)
  const lastBlockIncomplete = inParts && expectUint(decodeRlp(fields[0]!), 'last block incomplete', 1) === 1
  const decode = version >= 69 ? decodeReceipt69 : decodeReceipt68
  const blocks = splitRlpList(fields.at(-1)!, 'receipts', { max }).map((block) =>
    splitRlpList(block, 'receipts of a block', { max: Math.floor(block.length / MIN_RECEIPT_BYTES) }).map(decode),
  )
  if (lastBlockIncomplete && blocks.length < 2 && (blocks[0] ?? []).length === 0) {
    throw invalidRlp('receipts: the last block is said to be incomplete, but not a receipt of it is there')
  }
  return { requestId, blocks, lastBlockIncomplete }
}

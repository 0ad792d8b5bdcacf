// Whether receipts are those that a header speaks of.
import { createPortableCrypto, equalBytes } from '@ethspan/core'
import type { Header } from '../block/header.js'
import { addToBloom, BLOOM_BYTES, type Receipt, readLogs, receiptConsensusBytes } from '../block/receipt.js'
import { sharedTurn } from '../block/turn.js'
import { invalidBlock } from './invalid-block.js'
import { listRoot } from './roots.js'

/** A log takes about as long as so many bytes of hashing: to read it, and to hash its address and topics. */
const LOG_BYTES = 1024

/**
 * Why receipts are not those of a header, in words for a log; undefined where they are. Whoever sent them lies, not the block.
 * Blooms are made of the logs, also where some were received.
 * @throws {EthspanError} ERR_INVALID_BLOCK where they are the header's, but it says otherwise of them: its bloom or its gas.
 */
export async function receiptsFault(header: Header, receipts: readonly Receipt[]): Promise<string | undefined> {
  const { keccak256 } = await createPortableCrypto()
  const all = new Uint8Array(BLOOM_BYTES)
  const encoded: Uint8Array[] = []
  for (const receipt of receipts) {
    const bloom = new Uint8Array(BLOOM_BYTES)
    for (const log of readLogs(receipt)) {
      addToBloom(bloom, log, keccak256)
      if (sharedTurn.spend(LOG_BYTES)) await sharedTurn.next()
    }
    for (let i = 0; i < BLOOM_BYTES; i++) all[i]! |= bloom[i]!
    encoded.push(receiptConsensusBytes({ ...receipt, bloom }))
  }
  if (!equalBytes(await listRoot(encoded), header.receiptsRoot)) return 'the receipts are not those of the header'

  if (!equalBytes(all, header.bloom)) throw invalidBlock(header, 'bloom', 'is not that of the logs')
  // From Amsterdam a block counts the larger of what was executed and what was stored, before refunds (EIP-7778, EIP-8037).
  const gasUsed = receipts.at(-1)?.cumulativeGasUsed ?? 0n
  if (header.blockAccessListHash === undefined && gasUsed !== header.gasUsed) {
    throw invalidBlock(header, 'gasUsed', `is ${header.gasUsed}, its receipts have ${gasUsed}`)
  }
  return undefined
}

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { bytesToHex, equalBytes } from '@ethspan/core'
import { expect, onTestFinished } from 'vitest'
import { bodyFault, type Chain, decodeReceipt69, receiptsFault, transactionHash } from '../../src/index.js'

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'ethspan-chain-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/**
 * Every block from the first to the head is there with all of it, stands on the one before, and is found by its transactions. Of
 * what a chain just opened still prunes meanwhile nothing is expected.
 */
export async function expectWhole(chain: Chain): Promise<void> {
  const found: { readonly number: bigint; readonly fault: string }[] = []
  const { head, earliest } = { head: chain.head(), earliest: chain.earliest() }
  let parentHash: Uint8Array | undefined
  for (let number = earliest; number <= head.number; number++) {
    const block = await chain.block(number)
    if (block === undefined) {
      found.push({ number, fault: 'is not there' })
      // Where it is no fault, neither is that the next one does not stand on an older one.
      parentHash = undefined
      continue
    }
    const { hash, header, body } = block
    const receipts = (await chain.receipts(hash)) ?? []
    found.push(
      ...[
        parentHash && !equalBytes(header.parentHash, parentHash) ? 'does not stand on the one before' : undefined,
        await bodyFault(header, body),
        await receiptsFault(header, receipts.map(decodeReceipt69)),
      ].flatMap((fault) => (fault === undefined ? [] : [{ number, fault }])),
    )
    for (const [index, transaction] of body.transactions.entries()) {
      const place = await chain.transactionPlace(transactionHash(transaction))
      if (place?.index !== index || !equalBytes(place.hash, hash)) {
        found.push({ number, fault: `transaction ${index} is not found` })
      }
    }
    parentHash = hash
  }
  const faults = found
    .filter(({ number }) => number >= chain.earliest())
    .map(({ number, fault }) => `block ${number}: ${fault}`)
  if (parentHash && !equalBytes(parentHash, head.hash)) faults.push(`its last block is 0x${bytesToHex(parentHash)}`)
  expect(faults).toEqual([])
}

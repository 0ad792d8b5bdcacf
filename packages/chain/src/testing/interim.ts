// Until the chain's own rules are here.
import { MerklePatriciaTrie } from '@ethereumjs/mpt'
import { encodeRlp } from '@ethspan/core'
import type { Hash } from '../block/fields.js'
import type { Header } from '../block/header.js'
import { type Receipt, receiptConsensusBytes } from '../block/receipt.js'
import type { Transaction } from '../block/transaction.js'
import type { ChainConfig } from '../config/chain-config.js'
import { blobConfigAt } from '../config/rules.js'

async function root(values: readonly Uint8Array[]): Promise<Hash> {
  const trie = new MerklePatriciaTrie()
  for (const [i, value] of values.entries()) await trie.put(encodeRlp(i), value)
  return trie.root()
}

export const transactionsRoot = (txs: readonly Transaction[]): Promise<Hash> => root(txs.map(({ bytes }) => bytes))
export const withdrawalsRoot = (raws: readonly Uint8Array[]): Promise<Hash> => root(raws)
export const receiptsRoot = (receipts: readonly Receipt[]): Promise<Hash> => root(receipts.map(receiptConsensusBytes))

export function nextBaseFee(parent: Header, _config: ChainConfig): bigint {
  const { baseFeePerGas = 1_000_000_000n, gasLimit, gasUsed } = parent
  const target = gasLimit / 2n
  if (gasUsed === target) return baseFeePerGas
  if (gasUsed < target) return baseFeePerGas - (baseFeePerGas * (target - gasUsed)) / target / 8n
  const more = (baseFeePerGas * (gasUsed - target)) / target / 8n
  return baseFeePerGas + (more === 0n ? 1n : more)
}

export function nextExcessBlobGas(parent: Header, config: ChainConfig, time: bigint): bigint {
  const blobs = blobConfigAt(config, { number: parent.number + 1n, time })
  const excess = (parent.excessBlobGas ?? 0n) + (parent.blobGasUsed ?? 0n) - 131_072n * BigInt(blobs?.target ?? 0)
  return excess < 0n ? 0n : excess
}

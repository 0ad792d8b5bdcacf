import { memoryStore } from '@ethspan/node/memory'
import type { ChainSpec } from '../config/chain-spec.js'
import type { BlockToKeep, Chain } from '../contract/chain.js'
import { openChain } from '../store/open-chain.js'
import { testSpec } from './test-spec.js'

export interface MemoryChainOptions {
  /** Default: `testSpec` without options. */
  readonly spec?: ChainSpec
  /** Linked, on top of the genesis block; the last is the head. Default none. */
  readonly blocks?: readonly BlockToKeep[]
  /** As of `openChain`. */
  readonly keep?: number
}

/** A chain that lives as long as the object. */
export async function memoryChain({ spec = testSpec(), blocks = [], keep }: MemoryChainOptions = {}): Promise<Chain> {
  const chain = await openChain({ store: memoryStore(), spec, keep })
  await chain.putBlocks(blocks)
  const last = blocks.at(-1)
  if (last !== undefined) await chain.setHead(last.hash)
  return chain
}

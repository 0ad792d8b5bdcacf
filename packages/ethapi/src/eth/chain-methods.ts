// The methods of eth that read headers and blocks.
import type { Block } from '@ethspan/chain'
import type { ApiMethod } from '@ethspan/node'
import { params } from '@ethspan/rpc'
import { blockJson, headerJson, uncleJson } from '../format/header.js'
import { type Json, quantity } from '../format/hex.js'
import { transactionJson } from '../format/transaction.js'
import { type BlockSelector, blockNumber } from '../params/block.js'
import { hash, uint64 } from '../params/hex.js'
import { boolean, required } from '../params/reader.js'
import type { Backend } from './backend.js'
import { findBlock, findHeader } from './blocks.js'
import { minedAt, sentTransactions } from './transactions.js'

const byNumber = required(blockNumber)
const byHash = required((value) => ({ hash: hash(value), requireCanonical: false }))
const index = required(uint64)
const { noParams, readParams } = params

export function chainMethods(backend: Backend): Readonly<Record<string, ApiMethod>> {
  /** What `tell` says of the block; null where there is none. */
  const ofBlock = async <T>(selector: BlockSelector, tell: (block: Block) => T): Promise<T | null> => {
    const block = await findBlock(backend, selector)
    return block === undefined ? null : tell(block)
  }
  const tellBlock = (fullTransactions: boolean) => (block: Block) => {
    if (!fullTransactions) return blockJson(block)
    const sent = sentTransactions(backend, block)
    return blockJson(
      block,
      sent.map((it, i) => transactionJson(it, minedAt(block, i))),
    )
  }
  const tellHeader = async (selector: BlockSelector) => {
    const found = await findHeader(backend, selector)
    return found === undefined ? null : headerJson(found.header, found.hash)
  }
  const transactionCount = ({ body }: Block) => quantity(body.transactions.length)
  const uncleCount = ({ body }: Block) => quantity(body.uncles.length)
  const uncleAt =
    (at: bigint) =>
    ({ body }: Block) => {
      const uncle = body.uncles[Number(at)]
      return uncle === undefined ? null : uncleJson(uncle)
    }

  return {
    chainId: (sent) => {
      noParams(sent)
      const { chainId } = backend.chain.config
      return chainId === undefined ? null : quantity(chainId)
    },
    accounts: (sent) => {
      noParams(sent)
      // Keys of accounts are not kept here.
      return []
    },
    blockNumber: (sent) => {
      noParams(sent)
      return quantity(backend.chain.head().number)
    },
    syncing: (sent) => {
      noParams(sent)
      return syncing(backend)
    },
    getBlockByNumber: (sent) => {
      const [number, full] = readParams<[BlockSelector, boolean]>(sent, byNumber, required(boolean))
      return ofBlock(number, tellBlock(full))
    },
    getBlockByHash: (sent) => {
      const [of, full] = readParams<[BlockSelector, boolean]>(sent, byHash, required(boolean))
      return ofBlock(of, tellBlock(full))
    },
    getHeaderByNumber: async (sent) => {
      const [number] = readParams<[BlockSelector]>(sent, byNumber)
      const { chain } = backend
      // Null for a tag that nothing stands for: so geth, and unlike its getBlockByNumber.
      if (number === 'pending') return null
      if (number === 'safe' && chain.safe() === undefined) return null
      if (number === 'finalized' && chain.finalized() === undefined) return null
      return tellHeader(number)
    },
    getHeaderByHash: (sent) => {
      const [of] = readParams<[BlockSelector]>(sent, byHash)
      return tellHeader(of)
    },
    getBlockTransactionCountByNumber: (sent) => {
      const [number] = readParams<[BlockSelector]>(sent, byNumber)
      return ofBlock(number, transactionCount)
    },
    getBlockTransactionCountByHash: (sent) => {
      const [of] = readParams<[BlockSelector]>(sent, byHash)
      return ofBlock(of, transactionCount)
    },
    getUncleCountByBlockNumber: (sent) => {
      const [number] = readParams<[BlockSelector]>(sent, byNumber)
      return ofBlock(number, uncleCount)
    },
    getUncleCountByBlockHash: (sent) => {
      const [of] = readParams<[BlockSelector]>(sent, byHash)
      return ofBlock(of, uncleCount)
    },
    getUncleByBlockNumberAndIndex: (sent) => {
      const [number, at] = readParams<[BlockSelector, bigint]>(sent, byNumber, index)
      return ofBlock(number, uncleAt(at))
    },
    getUncleByBlockHashAndIndex: (sent) => {
      const [of, at] = readParams<[BlockSelector, bigint]>(sent, byHash, index)
      return ofBlock(of, uncleAt(at))
    },
  }
}

/** What geth counts beside blocks, and is nothing here: there is neither a state download nor an index that is made afterwards. */
const NOT_SYNCED_HERE = [
  'syncedAccounts',
  'syncedAccountBytes',
  'syncedBytecodes',
  'syncedBytecodeBytes',
  'syncedStorage',
  'syncedStorageBytes',
  'healedTrienodes',
  'healedTrienodeBytes',
  'healedBytecodes',
  'healedBytecodeBytes',
  'healingTrienodes',
  'healingBytecode',
  'syncedAccessLists',
  'totalAccessLists',
  'trieGenProgress',
  'txIndexFinishedBlocks',
  'txIndexRemainingBlocks',
  'stateIndexRemaining',
  'trienodeIndexRemaining',
]

function syncing({ sync }: Backend): Json | false {
  const progress = sync?.progress()
  if (progress === undefined) return false
  const { startingBlock, currentBlock, highestBlock = currentBlock } = progress
  return {
    startingBlock: quantity(startingBlock),
    currentBlock: quantity(currentBlock),
    highestBlock: quantity(highestBlock),
    ...Object.fromEntries(NOT_SYNCED_HERE.map((name) => [name, quantity(0)])),
  }
}

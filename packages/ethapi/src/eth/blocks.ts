// Finds the block that a caller names.
import { type Block, type ChainHead, decodeHeader, type Hash, type Header, headerHash } from '@ethspan/chain'
import { equalBytes } from '@ethspan/core'
import { failed, prunedHistory } from '../errors.js'
import type { BlockByHash, BlockNumber, BlockSelector } from '../params/block.js'
import type { Backend } from './backend.js'

export interface FoundHeader {
  readonly hash: Hash
  readonly header: Header
}

/**
 * The block, or undefined where there is none.
 * @throws {RpcError} 4444 for one whose body is given away; -32000 for a tag that nothing stands for, or a block that is not canonical but had to be
 */
export async function findBlock(backend: Backend, selector: BlockSelector): Promise<Block | undefined> {
  const { chain } = backend
  if (typeof selector === 'object') {
    const found = await findHeader(backend, selector)
    if (found === undefined) return undefined
    const block = await chain.block(found.hash)
    if (block === undefined) throw bodyMissing(backend, found.header.number)
    return block
  }
  const at = atNumber(backend, selector)
  const block = await chain.block(typeof at === 'bigint' ? at : at.hash)
  if (block === undefined && (typeof at === 'bigint' ? at : at.number) < chain.earliest()) throw prunedHistory()
  return block
}

const bodyMissing = ({ chain }: Backend, number: bigint) =>
  number < chain.earliest() ? prunedHistory() : failed('header found, but block body is missing')

/**
 * The header, or undefined where there is none.
 * @throws {RpcError} -32000 as {@link findBlock}
 */
export async function findHeader(backend: Backend, selector: BlockSelector): Promise<FoundHeader | undefined> {
  if (typeof selector === 'object') return headerByHash(backend, selector)
  const at = atNumber(backend, selector)
  if (typeof at !== 'bigint') return at
  const raw = await backend.chain.header(at)
  if (raw === undefined) return undefined
  const header = decodeHeader(raw)
  return { header, hash: headerHash(header) }
}

async function headerByHash({ chain }: Backend, { hash, requireCanonical }: BlockByHash) {
  const raw = await chain.header(hash)
  if (raw === undefined) return undefined
  const header = decodeHeader(raw)
  if (requireCanonical) {
    const canonical = await chain.canonicalHash(header.number)
    if (canonical === undefined || !equalBytes(canonical, hash)) throw failed('hash is not currently canonical')
  }
  return { header, hash }
}

/** What a tag stands for now; a number as it is. @throws {RpcError} -32000 */
export function atNumber({ chain }: Backend, number: BlockNumber): ChainHead | bigint {
  if (typeof number === 'bigint') return number
  if (number === 'latest') return chain.head()
  if (number === 'earliest') return chain.earliest()
  // Blocks are not built here, so none is pending.
  if (number === 'pending') throw failed('pending block is not available')
  const head = number === 'safe' ? chain.safe() : chain.finalized()
  if (head === undefined) throw failed(`${number} block not found`)
  return head
}

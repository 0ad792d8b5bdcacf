// The state that a caller names by a block.
import type { Header, StateReader } from '@ethspan/chain'
import { failed } from '../errors.js'
import type { BlockSelector } from '../params/block.js'
import type { Backend } from './backend.js'
import { findHeader } from './blocks.js'

/** @throws {RpcError} -32000 where blocks are not executed */
export function stateOf({ state }: Backend): StateReader {
  if (state === undefined) throw failed('states are not kept: the node does not execute blocks')
  return state
}

/**
 * The block whose state is meant. Blocks are not built here, so the pending state is the latest.
 * @throws {RpcError} -32000 in geth's words
 */
export async function stateAt(backend: Backend, selector: BlockSelector): Promise<Header> {
  const found = await findHeader(backend, selector === 'pending' ? 'latest' : selector)
  if (found !== undefined) return found.header
  throw failed(typeof selector === 'object' ? 'header for hash not found' : 'header not found')
}

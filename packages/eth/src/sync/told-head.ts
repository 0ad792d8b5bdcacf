// What can be told of a head before any header below it is fetched.
import { type ChainReader, type Header, invalidBlock } from '@ethspan/chain'
import { type Clock, EthspanError } from '@ethspan/core'
import { MAX_AHEAD_SECONDS, MAX_TOLD_HEADERS } from '../limits.js'
import type { Goal } from './targets.js'

export interface ToldHeadOptions {
  readonly chain: Pick<ChainReader, 'genesis' | 'head'>
  readonly clock: Pick<Clock, 'wallTime'>
  /** The newest so many blocks are wanted. Default: all. */
  readonly keep: number | undefined
}

/**
 * Bounds what a head makes us fetch that is only a peer's word: each block is a second later than the one before it at least, so
 * a head that is not of the future has only so many blocks below it.
 * @throws {EthspanError} ERR_INVALID_BLOCK
 */
export function checkToldHead(header: Header, { chain, clock, keep }: ToldHeadOptions): void {
  const { number, time } = header
  const { genesis } = chain
  if (time - genesis.time < number - genesis.number) {
    throw invalidBlock(header, 'number', `is ${number}, too many blocks for ${time - genesis.time} seconds`)
  }
  const now = BigInt(Math.floor(clock.wallTime() / 1000))
  if (time > now + MAX_AHEAD_SECONDS) throw invalidBlock(header, 'time', `is ${time}, now it is ${now}`)
  const missing = number - chain.head().number
  if (keep === undefined && missing > MAX_TOLD_HEADERS) {
    throw invalidBlock(header, 'number', `is ${number}: ${missing} blocks are more than are fetched on a peer's word`)
  }
}

/**
 * Whether the chain may be begun anew for it, where only the newest blocks are kept. A peer that is far behind tells a head of
 * long ago, and nobody is to be drawn back to it: so a lower one than ours counts only if it is newer by its time, as that of a
 * development chain that was begun anew, or if it is told by who led us here.
 */
export function mayBeginAnew({ header, target }: Goal, chain: Pick<ChainReader, 'head'>): boolean {
  if (target.source !== 'trusted-peer' || target.mayGoBack === true) return true
  const { number, time } = chain.head()
  return header.number > number || header.time > time
}

/** Why a head is not followed for which the chain would have to be begun anew. */
export function tooFarBack({ header }: Goal, chain: Pick<ChainReader, 'head'>): EthspanError {
  const { number } = chain.head()
  const message = `block ${header.number} of another branch, or of long ago, is too far below the head, ${number}, to go back to it on a peer's word`
  return new EthspanError('ERR_STATE', message, { fields: { number: header.number, head: number } })
}

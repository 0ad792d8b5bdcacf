// What can be told of a head before any header below it is fetched.
import { type ChainReader, type Header, invalidBlock } from '@ethspan/chain'
import type { Clock } from '@ethspan/core'
import { MAX_AHEAD_SECONDS, MAX_TOLD_HEADERS } from '../limits.js'

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

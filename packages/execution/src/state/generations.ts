// How long states are kept. A state shares most of its nodes with others, so a node can't be dropped with the state that
// brought it. Instead there are generations: once a generation has begun at a block, all that later blocks add goes to it.
// When that block has become old enough that no reorg goes back behind it, the rest of its state is copied over, a piece with
// each block; then all states that were made of it stand in the newer generation alone, and what is older is dropped as a whole.
import type { Hash } from '@ethspan/chain'
import { bytesToHex, hexToBytes } from '@ethspan/core'

/** A block at which a generation began. */
export interface Base {
  readonly number: bigint
  readonly stateRoot: Hash
}

export interface Generations {
  /** Where new nodes go. */
  readonly newest: number
  /** The first that is still there. */
  readonly oldest: number
  /** The number of the block at which the newest began. */
  readonly since: bigint
  /** That block, as long as its state is not whole in the newest generation. */
  readonly base?: Base
}

const FIRST: Generations = { newest: 0, oldest: 0, since: 0n }

export function writeGenerations({ newest, oldest, since, base }: Generations): string {
  const told = base && { number: `${base.number}`, stateRoot: bytesToHex(base.stateRoot) }
  return JSON.stringify({ newest, oldest, since: `${since}`, base: told })
}

/** @param told what `writeGenerations` gave; undefined in a new store. */
export function readGenerations(told: string | undefined): Generations {
  if (told === undefined) return FIRST
  const { newest, oldest, since, base } = JSON.parse(told)
  const generations = { newest: Number(newest), oldest: Number(oldest), since: BigInt(since) }
  if (base === undefined) return generations
  const { number, stateRoot } = base
  return { ...generations, base: { number: BigInt(number), stateRoot: hexToBytes(stateRoot) } }
}

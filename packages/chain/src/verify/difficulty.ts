// How hard the next block is to make, by proof of work.
import { equalBytes } from '@ethspan/core'
import { EMPTY_UNCLES_HASH } from '../block/empty.js'
import type { Header } from '../block/header.js'
import type { BlockFork, ChainConfig } from '../config/chain-config.js'
import { isForked } from '../config/rules.js'

/** Sources: geth, `params.MinimumDifficulty`, `DifficultyBoundDivisor`, `DurationLimit`. */
const MIN_DIFFICULTY = 131_072n
const DIFFICULTY_PARTS = 2048n
const FRONTIER_SECONDS = 13n
/** Below this the difficulty does not fall at once, in parts of the parent's (EIP-2). */
const MAX_FALL = -99n
/** The difficulty bomb doubles every so many blocks. Source: geth, `expDiffPeriod`. */
const BOMB_PERIOD = 100_000n

/** By how many blocks each fork put the bomb off: EIP-5133, 4345, 3554, 2384, 1234, 649. */
const BOMB_DELAYS: readonly (readonly [BlockFork, bigint])[] = [
  ['grayGlacierBlock', 11_400_000n],
  ['arrowGlacierBlock', 10_700_000n],
  ['londonBlock', 9_700_000n],
  ['muirGlacierBlock', 9_000_000n],
  ['constantinopleBlock', 5_000_000n],
  ['byzantiumBlock', 3_000_000n],
]

type ParentFields = Pick<Header, 'number' | 'time' | 'difficulty' | 'ommersHash'>

/** What the difficulty of a block at `time` after `parent` must be. Source: geth, `ethash.CalcDifficulty`. */
export function nextDifficulty(parent: ParentFields, time: bigint, config: ChainConfig): bigint {
  const number = parent.number + 1n
  const isActive = (fork: BlockFork) => isForked(config, fork, { number, time })
  const delay = BOMB_DELAYS.find(([fork]) => isActive(fork))?.[1]
  const seconds = time - parent.time
  const part = parent.difficulty / DIFFICULTY_PARTS
  if (delay !== undefined) {
    const uncles = equalBytes(parent.ommersHash, EMPTY_UNCLES_HASH) ? 1n : 2n
    return atLeastMin(parent.difficulty + part * max(uncles - seconds / 9n, MAX_FALL)) + bomb(max(number - delay, 0n))
  }
  if (isActive('homesteadBlock')) {
    return atLeastMin(parent.difficulty + part * max(1n - seconds / 10n, MAX_FALL)) + bomb(number)
  }
  return atLeastMin(parent.difficulty + (seconds < FRONTIER_SECONDS ? part : -part)) + bomb(number)
}

function bomb(number: bigint): bigint {
  const periods = number / BOMB_PERIOD
  return periods > 1n ? 2n ** (periods - 2n) : 0n
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b)
const atLeastMin = (difficulty: bigint): bigint => max(difficulty, MIN_DIFFICULTY)

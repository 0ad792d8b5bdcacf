// Whether a header can follow another: geth's rules, from Frontier to Amsterdam.
import { bytesToHex, equalBytes } from '@ethspan/core'
import { EMPTY_UNCLES_HASH } from '../block/empty.js'
import { type Header, type HeaderFields, headerHash } from '../block/header.js'
import type { BlockFork, ChainConfig, TimeFork } from '../config/chain-config.js'
import { blobConfigAt, isForked, isPostMerge } from '../config/rules.js'
import { GAS_PER_BLOB } from '../limits.js'
import { verifyDaoExtraData } from './dao.js'
import { nextDifficulty } from './difficulty.js'
import { ELASTICITY, nextBaseFee, nextExcessBlobGas } from './fees.js'
import { invalidBlock } from './invalid-block.js'

/** Bytes. Source: geth, `params.MaximumExtraDataSize`. */
const MAX_EXTRA_DATA = 32
/** Source: geth, `params.MinGasLimit`. */
const MIN_GAS_LIMIT = 5000n
/** Source: geth, `params.MaxGasLimit`. */
const MAX_GAS_LIMIT = 2n ** 63n - 1n
/** The gas limit changes by less than one of so many parts. Source: geth, `params.GasLimitBoundDivisor`. */
const GAS_LIMIT_PARTS = 1024n

/** Which fork brought a field. */
const FIELD_FORKS: readonly (readonly [keyof HeaderFields, BlockFork | TimeFork])[] = [
  ['baseFeePerGas', 'londonBlock'],
  ['withdrawalsRoot', 'shanghaiTime'],
  ['blobGasUsed', 'cancunTime'],
  ['excessBlobGas', 'cancunTime'],
  ['parentBeaconRoot', 'cancunTime'],
  ['requestsHash', 'pragueTime'],
  ['blockAccessListHash', 'amsterdamTime'],
  ['slotNumber', 'amsterdamTime'],
]

/**
 * Holds a header to the rules of its fork, as the next one after its parent, which must have been held to them itself.
 *
 * Of proof of work, difficulty and DAO marks are checked, but not that the work was done: there is no Ethash here, as there is
 * none in geth any more. Whether its time lies in the future is for its proposers' clocks.
 * @throws {EthspanError} ERR_INVALID_BLOCK, its `fields` are an `InvalidBlock`.
 */
export function verifyHeader(header: Header, parent: Header, config: ChainConfig): void {
  const check = (isRight: boolean, field: keyof HeaderFields, what: string) => {
    if (!isRight) throw invalidBlock(header, field, what)
  }
  const { number, time, gasLimit, gasUsed, extraData } = header
  check(number === parent.number + 1n, 'number', `is ${number}, but its parent's is ${parent.number}`)
  const parentHash = headerHash(parent)
  check(
    equalBytes(header.parentHash, parentHash),
    'parentHash',
    `is 0x${bytesToHex(header.parentHash)}, but its parent's hash is 0x${bytesToHex(parentHash)}`,
  )
  check(time > parent.time, 'time', `is ${time}, its parent's is ${parent.time}`)
  check(
    extraData.length <= MAX_EXTRA_DATA,
    'extraData',
    `has ${extraData.length} bytes, at most ${MAX_EXTRA_DATA} may be`,
  )
  check(gasLimit <= MAX_GAS_LIMIT, 'gasLimit', `is ${gasLimit}, at most ${MAX_GAS_LIMIT} may be`)
  check(gasUsed <= gasLimit, 'gasUsed', `is ${gasUsed}, its limit ${gasLimit}`)

  for (const [field, fork] of FIELD_FORKS) {
    const [isThere, isDue] = [header[field] !== undefined, isForked(config, fork, header)]
    check(isThere || !isDue, field, 'is missing')
    check(isDue || !isThere, field, 'is there before its fork')
  }
  verifyConsensus(header, parent, config, check)
  verifyGas(header, parent, config, check)
}

type Check = (isRight: boolean, field: keyof HeaderFields, what: string) => void

/** Once 0, the difficulty stays so: then, and only then, the block is one of proof of stake. Source: geth, consensus/beacon. */
function verifyConsensus(header: Header, parent: Header, config: ChainConfig, check: Check): void {
  const { difficulty, nonce, ommersHash } = header
  if (difficulty === 0n) {
    check(isForked(config, 'londonBlock', header), 'difficulty', 'is 0 before London')
    check(
      nonce.every((byte) => byte === 0),
      'nonce',
      `is 0x${bytesToHex(nonce)}, must be 0`,
    )
    check(equalBytes(ommersHash, EMPTY_UNCLES_HASH), 'ommersHash', 'is not that of no uncles')
    return
  }
  const isMerged = parent.difficulty === 0n || isPostMerge(config, header)
  check(!isMerged, 'difficulty', `is ${difficulty}, must be 0 after the merge`)
  const expected = nextDifficulty(parent, header.time, config)
  check(difficulty === expected, 'difficulty', `is ${difficulty}, must be ${expected}`)
  verifyDaoExtraData(header, config)
}

function verifyGas(header: Header, parent: Header, config: ChainConfig, check: Check): void {
  const { gasLimit, baseFeePerGas, blobGasUsed, excessBlobGas } = header
  const isLondon = isForked(config, 'londonBlock', header)
  // With London the limit doubles, so that what was the limit is the target.
  const before = isLondon && !isForked(config, 'londonBlock', parent) ? parent.gasLimit * ELASTICITY : parent.gasLimit
  const change = gasLimit > before ? gasLimit - before : before - gasLimit
  const bound = before / GAS_LIMIT_PARTS
  check(change < bound, 'gasLimit', `is ${gasLimit}, must be within ${bound - 1n} of ${before}`)
  check(gasLimit >= MIN_GAS_LIMIT, 'gasLimit', `is ${gasLimit}, at least ${MIN_GAS_LIMIT} must be`)
  if (isLondon) {
    const expected = nextBaseFee(parent, config)
    check(baseFeePerGas === expected, 'baseFeePerGas', `is ${baseFeePerGas}, must be ${expected}`)
  }

  if (blobGasUsed === undefined) return
  const max = (blobConfigAt(config, header)?.max ?? 0) * GAS_PER_BLOB
  check(blobGasUsed <= max, 'blobGasUsed', `is ${blobGasUsed}, at most ${max} may be`)
  check(blobGasUsed % BigInt(GAS_PER_BLOB) === 0n, 'blobGasUsed', `is ${blobGasUsed}, which is not that of whole blobs`)
  const expected = nextExcessBlobGas(parent, config, header.time)
  check(excessBlobGas === expected, 'excessBlobGas', `is ${excessBlobGas}, must be ${expected}`)
}

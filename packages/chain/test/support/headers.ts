import {
  type ChainConfig,
  decodeHeader,
  EMPTY_ACCESS_LIST_HASH,
  EMPTY_REQUESTS_HASH,
  EMPTY_ROOT,
  EMPTY_UNCLES_HASH,
  encodeHeader,
  type Header,
  type HeaderFields,
  headerHash,
  isForked,
  isPostMerge,
  nextBaseFee,
  nextExcessBlobGas,
} from '../../src/index.js'
import { nextDifficulty } from '../../src/verify/difficulty.js'

export const headerOf = (fields: HeaderFields): Header => decodeHeader(encodeHeader(fields))

/** The header with some fields changed, and encoded anew. A field that is undefined is left out, and all after it. */
export function changed(header: Header, fields: Partial<HeaderFields>): Header {
  const { raw: _, ...all } = { ...header, ...fields }
  const names = Object.keys(all) as (keyof HeaderFields)[]
  const gap = names.find((name) => all[name] === undefined)
  const kept = gap === undefined ? names : names.slice(0, names.indexOf(gap))
  return headerOf(Object.fromEntries(kept.map((name) => [name, all[name]])) as unknown as HeaderFields)
}

/** The first header of a chain: at the number and time that are told, with the fields of its fork. */
export function firstHeader(
  config: ChainConfig,
  number: bigint,
  time: bigint,
  fields: Partial<HeaderFields> = {},
): Header {
  const isMerged = isPostMerge(config, { number, time })
  return headerOf({ ...blank(config, number, time), difficulty: isMerged ? 0n : 10n ** 12n, ...fields })
}

/** A valid header after `parent`, empty, with the fields of its fork. */
export function nextHeader(parent: Header, config: ChainConfig, fields: Partial<HeaderFields> = {}): Header {
  const number = parent.number + 1n
  const time = fields.time ?? parent.time + 12n
  const base = blank(config, number, time)
  const isMerged = parent.difficulty === 0n || isPostMerge(config, { number, time })
  return headerOf({
    ...base,
    parentHash: headerHash(parent),
    gasLimit: parent.gasLimit,
    difficulty: isMerged ? 0n : nextDifficulty(parent, time, config),
    ...(base.baseFeePerGas !== undefined && { baseFeePerGas: nextBaseFee(parent, config) }),
    ...(base.excessBlobGas !== undefined && { excessBlobGas: nextExcessBlobGas(parent, config, time) }),
    ...fields,
  })
}

function blank(config: ChainConfig, number: bigint, time: bigint): HeaderFields {
  const has = (fork: Parameters<typeof isForked>[1]) => isForked(config, fork, { number, time })
  return {
    parentHash: new Uint8Array(32),
    ommersHash: EMPTY_UNCLES_HASH,
    coinbase: new Uint8Array(20),
    stateRoot: EMPTY_ROOT,
    txsRoot: EMPTY_ROOT,
    receiptsRoot: EMPTY_ROOT,
    bloom: new Uint8Array(256),
    difficulty: 0n,
    number,
    gasLimit: 30_000_000n,
    gasUsed: 0n,
    time,
    extraData: new Uint8Array(0),
    mixDigest: new Uint8Array(32),
    nonce: new Uint8Array(8),
    ...(has('londonBlock') && { baseFeePerGas: 1_000_000_000n }),
    ...(has('shanghaiTime') && { withdrawalsRoot: EMPTY_ROOT }),
    ...(has('cancunTime') && { blobGasUsed: 0n, excessBlobGas: 0n, parentBeaconRoot: new Uint8Array(32) }),
    ...(has('pragueTime') && { requestsHash: EMPTY_REQUESTS_HASH }),
    ...(has('amsterdamTime') && { blockAccessListHash: EMPTY_ACCESS_LIST_HASH, slotNumber: number }),
  }
}

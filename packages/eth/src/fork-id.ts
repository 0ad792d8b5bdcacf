// Which rules a node's chain follows, in 12 bytes: EIP-2124, and EIP-6122 for forks by time.
import type { ChainForks } from '@ethspan/chain'
import { expectBigUint, expectBytes, expectList, type RlpInput, type RlpItem } from '@ethspan/core'

/** A fork identifier. */
export interface ForkId {
  /** CRC-32 of the genesis hash and of every fork that has passed; an unsigned integer of 32 bits. */
  readonly hash: number
  /** The block number or the time of the next fork; 0 where none is known. */
  readonly next: bigint
}

/** How far a chain has come. */
export interface ForkHead {
  readonly number: bigint
  /** The block's timestamp, seconds since 1970. */
  readonly time: bigint
}

/**
 * Why a remote fork id is refused. Names: geth.
 * - `remote-stale`: it follows an older set of rules and does not know of the fork that we have passed.
 * - `local-incompatible-or-stale`: it is on another chain, or knows of a fork that we do not know.
 */
export type ForkIdFault = 'remote-stale' | 'local-incompatible-or-stale'

/**
 * Below it `next` is a block number, above it a time; mainnet's genesis, seconds since 1970. While blocks gave way to times,
 * a remote may announce a time where we still count blocks. Source: geth, `timestampThreshold`.
 */
const TIMESTAMP_THRESHOLD = 1438269973n

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  return crc
})

/** CRC-32 (IEEE 802.3) of what was hashed so far followed by `bytes`. */
function crc32(bytes: Uint8Array, before = 0): number {
  let crc = ~before
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}

/** The checksum after one more fork: its number or time as 8 bytes, big-endian. */
export function addFork(hash: number, fork: bigint): number {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, fork)
  return crc32(bytes, hash)
}

/** The checksum before the first fork and after each. */
function checksums({ genesisHash, byBlock, byTime }: ChainForks): number[] {
  const sums = [crc32(genesisHash)]
  for (const fork of [...byBlock, ...byTime]) sums.push(addFork(sums.at(-1)!, fork))
  return sums
}

/** The fork id of a chain that has come as far as `head`. Source: EIP-2124, EIP-6122; geth: `forkid.NewID`. */
export function forkId(chain: ChainForks, head: ForkHead): ForkId {
  const { byBlock, byTime } = chain
  const sums = checksums(chain)
  let passed = byBlock.findIndex((fork) => fork > head.number)
  if (passed === -1) {
    const next = byTime.findIndex((fork) => fork > head.time)
    passed = byBlock.length + (next === -1 ? byTime.length : next)
  }
  return { hash: sums[passed]!, next: [...byBlock, ...byTime][passed] ?? 0n }
}

/**
 * Whether a chain that has come as far as `head` gets on with a remote that tells this fork id: undefined if it does or might,
 * else what is wrong. Source: EIP-2124, "Validation rules"; geth: `forkid.NewFilter`.
 */
export function checkForkId(chain: ChainForks, head: ForkHead, remote: ForkId): ForkIdFault | undefined {
  const { byBlock, byTime } = chain
  const forks = [...byBlock, ...byTime]
  const sums = checksums(chain)
  // Only where forks by time follow are the ones by block all that there will be.
  const blockForks = byTime.length === 0 ? byBlock.length + 1 : byBlock.length
  let current = forks.findIndex((fork, i) => (i < blockForks ? head.number : head.time) < fork)
  if (current === -1) current = forks.length
  if (sums[current] === remote.hash) {
    // Rule 1: the same rules so far. Wrong only if it announces a fork that we passed without knowing of it.
    const at = current < blockForks ? head.number : head.time
    const { next } = remote
    const passed = next > 0n && (at >= next || (next > TIMESTAMP_THRESHOLD && head.time >= next))
    return passed ? 'local-incompatible-or-stale' : undefined
  }
  // Rule 2: it is behind, and knows of the fork that comes next for it.
  const past = sums.indexOf(remote.hash)
  if (past !== -1 && past < current) return forks[past] === remote.next ? undefined : 'remote-stale'
  // Rule 3: it is ahead on our own way, and we are behind. Rule 4: anything else.
  return past > current ? undefined : 'local-incompatible-or-stale'
}

/** As in Status and in a node's record: `[fork-hash: B_4, fork-next: P]`. */
export function forkIdRlp({ hash, next }: ForkId): RlpInput {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, hash)
  return [bytes, next]
}

/** Reads what {@link forkIdRlp} writes. @throws {EthspanError} ERR_INVALID_RLP */
export function readForkId(item: RlpItem | undefined): ForkId {
  const [hash, next] = expectList(item, 'fork id', { min: 2, max: 2 })
  const bytes = expectBytes(hash, 'fork hash', 4)
  return {
    hash: new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0),
    next: expectBigUint(next, 'fork next', 8),
  }
}

// Answers to what peers ask, of the sizes that geth's have. None of them depends on what was asked before.
import { decodeHeader, decodeReceipt69, encodeReceipt68, type Hash } from '@ethspan/chain'
import { equalBytes, keccak256 } from '@ethspan/core'
import type { Awaitable, EthChain, EthPool } from './chain.js'
import {
  MAX_ACCESS_LISTS_SERVE,
  MAX_BODIES_SERVE,
  MAX_HEADERS_SERVE,
  MAX_MESSAGE_BYTES,
  MAX_POOLED_TRANSACTIONS_SERVE,
  MAX_RECEIPTS_SERVE,
  SOFT_RESPONSE_BYTES,
} from './limits.js'
import type { BlockAccessList } from './messages/access-lists.js'
import type { EthVersion } from './messages/codes.js'
import type { HeadersQuery } from './messages/headers.js'

/** Of each block its receipts, encoded for the version. */
export interface ServedReceipts {
  readonly blocks: readonly (readonly Uint8Array[])[]
  /** From eth/70 on: the last block has more. */
  readonly lastBlockIncomplete: boolean
}

/** What answers a peer's requests. Answers may be shorter than what was asked for; {@link serving} keeps to geth's limits. */
export interface EthServing {
  blockHeaders(query: HeadersQuery): Awaitable<readonly Uint8Array[]>
  blockBodies(hashes: readonly Hash[]): Awaitable<readonly Uint8Array[]>
  receipts(version: EthVersion, hashes: readonly Hash[], firstIndex: bigint): Awaitable<ServedReceipts>
  pooledTransactions(hashes: readonly Hash[]): Awaitable<readonly Uint8Array[]>
  accessLists(hashes: readonly Hash[]): Awaitable<readonly BlockAccessList[]>
}

/** Room in a message for its id and the prefixes of its lists, bytes: 5 of each block, and some. */
const ENVELOPE_BYTES = 8 * 1024
/** What the items of one answer may have together. */
const HARD_RESPONSE_BYTES = MAX_MESSAGE_BYTES - ENVELOPE_BYTES

/** Headers of forks that one request with gaps makes us walk over, looking for its next one. Source: geth, `maxNonCanonical`. */
const MAX_NON_CANONICAL = 100

/** Serves from a chain and, where there is one, a pool. */
export function serving(chain: EthChain, pool?: EthPool): EthServing {
  return {
    blockHeaders: (query) => serveBlockHeaders(chain, query),
    blockBodies: (hashes) => serveUntilMissing(hashes, MAX_BODIES_SERVE, (hash) => chain.body(hash)),
    receipts: (version, hashes, firstIndex) => serveReceipts(chain, version, hashes, firstIndex),
    pooledTransactions: (hashes) => servePooledTransactions(pool, hashes),
    accessLists: (hashes) => serveAccessLists(chain, hashes),
  }
}

/** Collects items until the answer is full. */
class Answer {
  readonly items: Uint8Array[] = []
  readonly #max: number
  #bytes = 0

  constructor(max: number) {
    this.#max = max
  }

  get isFull(): boolean {
    return this.items.length >= this.#max || this.#bytes >= SOFT_RESPONSE_BYTES
  }

  /** False where it does not fit the message. */
  add(item: Uint8Array): boolean {
    if (this.#bytes + item.length > HARD_RESPONSE_BYTES) return false
    this.#bytes += item.length
    this.items.push(item)
    return true
  }
}

async function serveBlockHeaders(chain: EthChain, query: HeadersQuery): Promise<Uint8Array[]> {
  const { origin, limit, skip = 0n, reverse = false } = query
  const answer = new Answer(Math.min(Number(limit), MAX_HEADERS_SERVE))
  const step = reverse ? -(skip + 1n) : skip + 1n
  // Off the canonical chain there is only the way back, from parent to parent.
  let walk = MAX_NON_CANONICAL
  let at: bigint | Hash = origin
  while (!answer.isFull) {
    const raw = await chain.header(at)
    if (raw === undefined || !answer.add(raw)) break
    if (typeof at === 'bigint') {
      at += step
    } else {
      const { number, parentHash } = decodeHeader(raw)
      if (await isCanonical(chain, number, at)) at = number + step
      else if (!reverse) break
      else {
        let ancestor: Hash | undefined = parentHash
        for (let left = skip; left > 0n && ancestor !== undefined; left--) {
          const between: Uint8Array | undefined = walk-- > 0 ? await chain.header(ancestor) : undefined
          ancestor = between === undefined ? undefined : decodeHeader(between).parentHash
        }
        if (ancestor === undefined) break
        at = ancestor
      }
    }
    if (typeof at === 'bigint' && at < 0n) break
  }
  return answer.items
}

async function isCanonical(chain: EthChain, number: bigint, hash: Hash): Promise<boolean> {
  const raw = await chain.header(number)
  return raw !== undefined && equalBytes(keccak256(raw), hash)
}

/** Stops at the first that is not there, so that the asker knows which of its hashes each item belongs to. */
async function serveUntilMissing(
  hashes: readonly Hash[],
  max: number,
  find: (hash: Hash) => Awaitable<Uint8Array | undefined>,
): Promise<Uint8Array[]> {
  const answer = new Answer(max)
  for (const hash of hashes) {
    if (answer.isFull) break
    const item = await find(hash)
    if (item === undefined || !answer.add(item)) break
  }
  return answer.items
}

async function serveReceipts(
  chain: EthChain,
  version: EthVersion,
  hashes: readonly Hash[],
  firstIndex: bigint,
): Promise<ServedReceipts> {
  const blocks: Uint8Array[][] = []
  let bytes = 0
  for (const [i, hash] of hashes.entries()) {
    if (blocks.length >= MAX_RECEIPTS_SERVE || bytes >= SOFT_RESPONSE_BYTES) break
    const found = await chain.receipts(hash)
    if (found === undefined) break
    const wanted = i === 0 && firstIndex > 0n ? found.slice(Number(firstIndex)) : found
    const receipts = version === 68 ? wanted.map((receipt) => encodeReceipt68(decodeReceipt69(receipt))) : wanted
    const block: Uint8Array[] = []
    for (const receipt of receipts) {
      if (bytes + receipt.length > HARD_RESPONSE_BYTES) break
      bytes += receipt.length
      block.push(receipt)
    }
    const incomplete = block.length < receipts.length
    // Before eth/70 a block comes whole or not at all; and a part without a receipt would bring nobody further.
    if (incomplete && (version < 70 || block.length === 0)) break
    blocks.push(block)
    if (incomplete) return { blocks, lastBlockIncomplete: true }
  }
  return { blocks, lastBlockIncomplete: false }
}

/** Leaves out what is not there: transactions carry their hashes with them. */
async function servePooledTransactions(pool: EthPool | undefined, hashes: readonly Hash[]): Promise<Uint8Array[]> {
  const answer = new Answer(MAX_POOLED_TRANSACTIONS_SERVE)
  for (const hash of hashes.slice(0, pool === undefined ? 0 : MAX_POOLED_TRANSACTIONS_SERVE)) {
    if (answer.isFull) break
    const tx = await pool?.transaction(hash)
    if (tx !== undefined && !answer.add(tx)) break
  }
  return answer.items
}

async function serveAccessLists(chain: EthChain, hashes: readonly Hash[]): Promise<BlockAccessList[]> {
  const lists: BlockAccessList[] = []
  let bytes = 0
  for (const hash of hashes) {
    if (lists.length >= MAX_ACCESS_LISTS_SERVE || bytes >= SOFT_RESPONSE_BYTES) break
    const list = await chain.accessList?.(hash)
    if (list !== undefined && bytes + list.length > HARD_RESPONSE_BYTES) break
    bytes += list?.length ?? 1
    lists.push(list)
  }
  return lists
}

// How the head goes from one block to another: down to where both branches meet, then up, in steps of bounded size.
import { EthspanError } from '@ethspan/core'
import { type Body, decodeBody } from '../block/body.js'
import type { Hash } from '../block/fields.js'
import { decodeHeader, type Header } from '../block/header.js'
import { transactionHash } from '../block/transaction.js'
import type { BlockId, ChainHead } from '../contract/chain.js'
import { MAX_HEAD_STEP, MAX_STEP_CHANGES } from '../limits.js'
import type { ChainDb } from './chain-db.js'
import { blockKey, type Change, canonicalKey, encodePlace, transactionKey } from './layout.js'

/** What is written at once, and the head that it leaves. */
export interface HeadStep {
  readonly changes: readonly Change[]
  readonly head: ChainHead
  /** Both ascending. */
  readonly added: readonly ChainHead[]
  readonly removed: readonly ChainHead[]
}

export interface HeadWay {
  readonly db: ChainDb
  /** Where it starts. */
  readonly from: ChainHead
  /** Number of the canonical block on which the new branch stands; it may be `from` itself. */
  readonly base: bigint
  /** From there up, ascending. */
  readonly branch: readonly BlockId[]
}

/** Each step must be on disk before the next is asked for. A reorg is one step, but for one of thousands of blocks or transactions. */
export async function* headSteps({ db, from, base, branch }: HeadWay): AsyncGenerator<HeadStep> {
  let head = from
  let changes: Change[] = []
  let removed: ChainHead[] = []
  let added: ChainHead[] = []
  const isFull = () => changes.length >= MAX_STEP_CHANGES || added.length + removed.length >= MAX_HEAD_STEP
  const step = (): HeadStep => {
    const done = { changes, head, added, removed: removed.reverse() }
    changes = []
    removed = []
    added = []
    return done
  }
  // Down: a block goes once the one below it, the next head, is read.
  let above: StoredBlock | undefined
  const down = from.number > base ? readBlocks(db, canonicalIds(db, from.number, base)) : []
  for await (const block of down) {
    if (above !== undefined) {
      removed.push(above.head)
      changes.push(...leaveChain(above.head.number, above.body))
      head = block.head
      if (isFull() && head.number > base) yield step()
    }
    above = block
  }
  for await (const block of readBlocks(db, branch)) {
    head = block.head
    added.push(head)
    changes.push(...joinChain(head, block.body))
    if (isFull()) yield step()
  }
  if (changes.length > 0) yield step()
}

/** Makes a block canonical. */
export const joinChain = (id: BlockId, { transactions }: Pick<Body, 'transactions'>): Change[] => [
  { key: canonicalKey(id.number), value: id.hash },
  ...transactions.map((transaction, index) => ({
    key: transactionKey(transactionHash(transaction)),
    value: encodePlace({ ...id, index }),
  })),
]

const leaveChain = (number: bigint, { transactions }: Pick<Body, 'transactions'>): Change[] => [
  { key: canonicalKey(number) },
  ...transactions.map((transaction) => ({ key: transactionKey(transactionHash(transaction)) })),
]

export const chainHead = (hash: Hash, header: Header): ChainHead => ({
  hash,
  number: header.number,
  time: header.time,
  header,
})

/** Blocks that are read at once: one by one each waits for the store, which in a browser takes longest. */
const READ_AHEAD = 16

interface StoredBlock {
  readonly head: ChainHead
  readonly body: Body
}

/** Canonical blocks from one number down to another. */
async function* canonicalIds(db: ChainDb, from: bigint, to: bigint): AsyncGenerator<BlockId> {
  for (let top = from; top >= to; top -= BigInt(READ_AHEAD)) {
    const numbers = Array.from({ length: READ_AHEAD }, (_, i) => top - BigInt(i)).filter((number) => number >= to)
    const hashes = await db.getMany(numbers.map(canonicalKey))
    for (const [i, number] of numbers.entries()) {
      const hash = hashes[i]
      if (hash === undefined) throw missing(`canonical block ${number}`)
      yield { number, hash }
    }
  }
}

/** The blocks, in their order. */
async function* readBlocks(
  db: ChainDb,
  ids: AsyncIterable<BlockId> | readonly BlockId[],
): AsyncGenerator<StoredBlock, void> {
  let some: BlockId[] = []
  for await (const id of ids) {
    some.push(id)
    if (some.length < READ_AHEAD) continue
    yield* await readSome(db, some)
    some = []
  }
  yield* await readSome(db, some)
}

async function readSome(db: ChainDb, ids: readonly BlockId[]): Promise<StoredBlock[]> {
  const records = await db.getMany(ids.flatMap((id) => [blockKey('header', id), blockKey('body', id)]))
  return ids.map(({ number, hash }, i) => {
    const [header, body] = [records[2 * i], records[2 * i + 1]]
    if (header === undefined || body === undefined) throw missing(`block ${number}`)
    return { head: chainHead(hash, decodeHeader(header)), body: decodeBody(body) }
  })
}

/** What no crash leaves behind: somebody else wrote to the store, or the disk lost something. */
export const damaged = (how: string, cause?: unknown): EthspanError =>
  new EthspanError('ERR_DATA_DIR', `the chain's store is damaged: ${how}`, {
    hint: 'Remove it (`ethspan removedb`) and sync again.',
    cause,
  })

export const missing = (what: string): EthspanError => damaged(`${what} is not there`)

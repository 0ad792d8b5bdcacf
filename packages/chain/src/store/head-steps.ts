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
  while (head.number > base) {
    const { body } = await readBlock(db, head)
    removed.push(head)
    changes.push(...leaveChain(head.number, body))
    head = await canonicalHead(db, head.number - 1n)
    if (isFull() && head.number > base) yield step()
  }
  for (const id of branch) {
    const { header, body } = await readBlock(db, id)
    head = chainHead(id.hash, header)
    added.push(head)
    changes.push(...joinChain(id, body))
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

async function canonicalHead(db: ChainDb, number: bigint): Promise<ChainHead> {
  const hash = await db.get(canonicalKey(number))
  if (hash === undefined) throw missing(`canonical block ${number}`)
  const raw = await db.get(blockKey('header', { number, hash }))
  if (raw === undefined) throw missing(`the header of block ${number}`)
  return chainHead(hash, decodeHeader(raw))
}

async function readBlock(db: ChainDb, id: BlockId): Promise<{ header: Header; body: Body }> {
  const [header, body] = await db.getMany([blockKey('header', id), blockKey('body', id)])
  if (header === undefined || body === undefined) throw missing(`block ${id.number}`)
  return { header: decodeHeader(header), body: decodeBody(body) }
}

/** What no crash leaves behind: somebody else wrote to the store, or the disk lost something. */
export const missing = (what: string): EthspanError =>
  new EthspanError('ERR_DATA_DIR', `the chain's store is damaged: ${what} is not there`, {
    hint: 'Remove it (`ethspan removedb`) and sync again.',
  })

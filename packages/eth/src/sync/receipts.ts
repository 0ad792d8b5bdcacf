// Receipts of blocks, which from eth/70 on may come in parts.
import { type Receipt, receiptsFault, receiptsRoot } from '@ethspan/chain'
import { equalBytes } from '@ethspan/core'
import type { Receipts } from '../messages/receipts.js'
import type { Question } from '../peers/peer-set.js'
import type { RatedPeer } from '../peers/rated-peer.js'
import type { BlockTask, ReceiptParts } from './block-task.js'
import { type Delivery, deliver, type Matcher } from './delivery.js'

type Answer = Omit<Receipts, 'requestId'>

const receipts: Matcher<readonly Receipt[]> = {
  name: "list of a block's receipts",
  root: (list) => receiptsRoot(list),
  mayFit: ({ header }, _list, root) => equalBytes(header.receiptsRoot, root),
  fit: async (task, list) => {
    const fault = await receiptsFault(task.header, list)
    if (fault === undefined && task.receipts === undefined) task.setReceipts(list)
    return fault
  },
}

/**
 * Asks for the receipts of blocks.
 * @param before those of the first block that came already; undefined for none
 */
export function receiptsQuestion(tasks: readonly BlockTask[], before: ReceiptParts | undefined): Question<Answer> {
  const hashes = tasks.map(({ hash }) => hash)
  const firstIndex = before?.receipts.length ?? 0
  return {
    kind: 'receipts',
    items: hashes.length,
    send: (eth, options) => eth.getReceipts(hashes, { ...options, firstIndex }),
    size: ({ blocks }) => ({ items: blocks.length, bytes: blocks.reduce((sum, block) => sum + bytesOf(block), 0) }),
  }
}

/**
 * Takes the answer to {@link receiptsQuestion}.
 * @param sentAt when it was asked
 */
export async function deliverReceipts(
  peer: RatedPeer,
  tasks: readonly BlockTask[],
  before: ReceiptParts | undefined,
  { blocks, lastBlockIncomplete }: Answer,
  sentAt: number,
): Promise<Delivery> {
  const since = before?.since ?? sentAt
  const lists = blocks.map((list, i) => (i === 0 && before !== undefined ? [...before.receipts, ...list] : list))
  const part = lastBlockIncomplete ? lists.pop() : undefined
  // A part alone says of no block that it is missing.
  if (part !== undefined && lists.length === 0) return keepPart(peer, tasks[0], part, since, nothing)
  const delivery = await deliver(tasks, lists, receipts)
  // Which block it is a part of is told by its place alone, so those before it must all be there.
  if (part === undefined || delivery.fault !== undefined || delivery.missing.length > 0) return delivery
  return keepPart(peer, tasks[lists.length], part, since, delivery)
}

const nothing: Delivery = { missing: [] }

/** What has come of a block counts when it is whole. */
function keepPart(
  peer: RatedPeer,
  task: BlockTask | undefined,
  part: readonly Receipt[],
  since: number,
  delivery: Delivery,
): Delivery {
  if (task === undefined) return delivery
  const bytes = bytesOf(part)
  const reason = partFault(task, part, bytes)
  if (reason !== undefined) return { ...delivery, fault: { task, reason } }
  if (task.receipts === undefined) task.parts = { peer, receipts: part, bytes, since }
  return delivery
}

/** Why a block can't have receipts of which these are the first, and more follow. */
function partFault({ body, maxReceiptBytes }: BlockTask, part: readonly Receipt[], bytes: number): string | undefined {
  if (body !== undefined && part.length >= body.transactions.length) {
    return `sent ${part.length} receipts and says that there are more, for ${body.transactions.length} transactions`
  }
  return bytes > maxReceiptBytes
    ? `sent receipts of ${bytes} bytes, more than the gas of their block allows`
    : undefined
}

function bytesOf(list: readonly Receipt[]): number {
  return list.reduce((sum, { logs }) => sum + logs.length + RECEIPT_BYTES, 0)
}

/** Of a receipt beside its logs. */
const RECEIPT_BYTES = 16

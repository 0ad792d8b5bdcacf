// What the chain's panel says.
import type {
  BlockCheck,
  BlockView,
  ChainView,
  OwnTransaction,
  SyncView,
  TransactionStep,
} from '../client/chain-view.js'
import { count } from '../text/format.js'

/** What was found to be right in a block, a line for each check. */
export const checkWords: Readonly<Record<BlockCheck, (block: BlockView) => string>> = {
  header: () => 'Header: parent, number, time, gas, base fee and every other field follow from the block before it',
  transactions: ({ transactions }) =>
    transactions === 0
      ? 'Transactions: none, as their root says'
      : `Transactions: their root, and ${transactions === 1 ? 'the one signature' : `each of ${transactions} signatures`}`,
  withdrawals: () => 'Withdrawals: their root',
  receipts: ({ transactions }) =>
    transactions === 0
      ? 'Receipts: none, as their root says'
      : `Receipts: their root, over ${count(transactions, 'receipt')} that a peer sent`,
}

/** `Fetching blocks: 120 of 600`, or what none of the peers has. */
export function syncWords({ stage, current, highest, waitingFor }: SyncView): string {
  if (waitingFor !== undefined) return `Waiting for ${waitingFor} …`
  const what = stage === 'headers' ? 'Fetching headers' : 'Fetching blocks'
  if (highest === undefined) return `${what} …`
  // The head is no step on the way to a block that is not above it.
  return current < highest ? `${what}: ${current} of ${highest}` : `${what} of another chain, up to block ${highest} …`
}

/** 0 to 1; undefined where it can't be told. */
export function syncPart({ current, highest }: SyncView, earliest: number): number | undefined {
  if (highest === undefined || highest <= Math.max(current, earliest)) return undefined
  return Math.min(1, Math.max(0, (current - earliest) / (highest - earliest)))
}

/** What stands beside the panel's name. */
export const chainWords = ({ name, networkId }: ChainView): string => `${name} · network ${networkId}`

export const STEPS: readonly TransactionStep[] = ['signed', 'gossiped', 'mined', 'proven']

/** What is said of a step once it is reached. */
export function stepWords(step: TransactionStep, { peers, block, succeeded }: OwnTransaction): string {
  switch (step) {
    case 'signed':
      return 'signed here'
    case 'gossiped':
      return peers === 0 ? 'sent' : `sent to ${count(peers, 'peer')}`
    case 'mined':
      return block === undefined ? 'mined' : `in block ${block}`
    case 'proven':
      return succeeded === false ? 'receipt proven: it failed' : 'receipt proven'
  }
}

/** Of a transaction that waits again; undefined of others. */
export const lostWords = ({ lostBlock }: OwnTransaction): string | undefined =>
  lostBlock === undefined
    ? undefined
    : `It was in block ${lostBlock}, which another one replaced. It waits for a block again.`

/** Whether a transaction came as far as `step`. */
export const hasReached = ({ step }: OwnTransaction, other: TransactionStep): boolean =>
  STEPS.indexOf(step) >= STEPS.indexOf(other)

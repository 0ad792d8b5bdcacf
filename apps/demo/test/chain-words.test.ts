import { describe, expect, test } from 'vitest'
import type { OwnTransaction, SyncView } from '../src/client/chain-view.js'
import { lostWords, stepWords, syncPart, syncWords } from '../src/words/chain-words.js'

describe('a sync', () => {
  const blocks = (current: number, highest?: number): SyncView =>
    highest === undefined ? { stage: 'blocks', current } : { stage: 'blocks', current, highest }

  test.each<[SyncView, string, number | undefined]>([
    [{ stage: 'headers', current: 0 }, 'Fetching headers …', undefined],
    [{ stage: 'headers', current: 0, highest: 600 }, 'Fetching headers: 0 of 600', 0],
    [blocks(150, 600), 'Fetching blocks: 150 of 600', 0.25],
    // A chain that is begun anew is shorter than the one that is here.
    [blocks(8, 2), 'Fetching blocks of another chain, up to block 2 …', undefined],
    [
      { ...blocks(3, 12), waitingFor: 'a peer that has the receipts of block 4' },
      'Waiting for a peer that has the receipts of block 4 …',
      0.25,
    ],
    [blocks(8, 8), 'Fetching blocks of another chain, up to block 8 …', undefined],
  ])('%j is said as %s', (sync, words, part) => {
    expect(syncWords(sync)).toBe(words)
    expect(syncPart(sync, 0)).toBe(part)
  })

  test('counts from the first block that is kept', () => {
    expect(syncPart(blocks(1_100, 1_200), 1_000)).toBe(0.5)
  })
})

describe('a transaction', () => {
  const own: OwnTransaction = { hash: '0x', direction: 'out', other: '', value: '1', step: 'gossiped', at: 0, peers: 0 }

  test.each([
    [own, 'sent'],
    [{ ...own, peers: 1 }, 'sent to 1 peer'],
    [{ ...own, peers: 2 }, 'sent to 2 peers'],
  ])('%j was sent', (transaction, words) => {
    expect(stepWords('gossiped', transaction)).toBe(words)
  })

  test('that lost its block says so, and no other', () => {
    expect(lostWords({ ...own, lostBlock: 3 })).toBe(
      'It was in block 3, which another one replaced. It waits for a block again.',
    )
    expect(lostWords({ ...own, step: 'mined', block: 3 })).toBeUndefined()
  })
})

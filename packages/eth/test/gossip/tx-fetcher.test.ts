// Scenarios of geth's `tx_fetcher_test.go`, in steps on a simulated clock.
import { describe, expect, test } from 'vitest'
import { MAX_TX_ANNOUNCES, MAX_TX_RETRIEVALS, TX_ARRIVE_TIMEOUT_MS, TX_FETCH_TIMEOUT_MS } from '../../src/limits.js'
import { BLOB, delivered, setUp, transaction } from './fetcher-rig.js'

const range = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i)

describe('what is announced', () => {
  test('is asked for when it has not come within half a second', async () => {
    const { clock, announce, asked, fetcher } = setUp('A')
    announce('A', [1, 2])
    await clock.advance(TX_ARRIVE_TIMEOUT_MS - 1)
    expect(asked()).toEqual([])
    expect(fetcher.counts()).toEqual({ waiting: 2, queued: 0, fetching: 0 })
    await clock.advance(1)
    expect(asked()).toEqual(['A: 1 2'])
    expect(fetcher.counts()).toEqual({ waiting: 0, queued: 0, fetching: 2 })
  })

  test('is not asked for when it comes by itself', async () => {
    const { announce, asked, fetcher, wait, clock } = setUp('A')
    announce('A', [1])
    fetcher.delivered([delivered(transaction(1))])
    await wait()
    expect(asked()).toEqual([])
    expect(fetcher.counts()).toEqual({ waiting: 0, queued: 0, fetching: 0 })
    expect(clock.pendingTimers).toBe(0)
  })

  test('is asked for at once where it has blobs', async () => {
    const { announce, asked } = setUp('A')
    announce('A', [1], { type: BLOB, size: 140_000 })
    expect(asked()).toEqual(['A: 1'])
  })

  test('a tenth of a second later goes with it', async () => {
    const { clock, announce, asked, wait } = setUp('A')
    announce('A', [1])
    await clock.advance(99)
    announce('A', [2])
    await clock.advance(50)
    announce('A', [3])
    await wait()
    expect(asked()).toEqual(['A: 1 2'])
  })

  test('twice by one peer counts once, whatever it says the second time', async () => {
    const { announce, wait, answer, faults } = setUp('A')
    announce('A', [1])
    announce('A', [1], { type: BLOB, size: 9 })
    await wait()
    await answer('A', [1])
    expect(faults).toEqual([])
  })

  test('by a peer that is not there is passed over', async () => {
    const { announce, asked, wait, fetcher } = setUp('A')
    announce('B', [1])
    await wait()
    expect(asked()).toEqual([])
    expect(fetcher.counts().waiting).toBe(0)
  })

  test('beyond 4096 that are not here yet is passed over', async () => {
    const { announce, fetcher } = setUp('A', 'B')
    announce('A', range(3000))
    announce('A', range(3000, 3000))
    announce('A', [9999])
    expect(fetcher.counts().waiting).toBe(MAX_TX_ANNOUNCES)
    announce('B', [9999])
    expect(fetcher.counts().waiting).toBe(MAX_TX_ANNOUNCES + 1)
  })
})

describe('a peer', () => {
  test('is asked one thing at a time, in the order of its announcements', async () => {
    const { announce, asked, wait, answer } = setUp('A')
    announce('A', [5, 3])
    await wait()
    announce('A', [4, 1])
    await wait()
    expect(asked()).toEqual(['A: 5 3'])
    await answer('A', [5, 3])
    expect(asked()).toEqual(['A: 4 1'])
  })

  test('is asked for what another announced but is not asked for', async () => {
    const { announce, asked, wait } = setUp('A', 'B')
    announce('A', [1, 2])
    await wait()
    announce('A', [3, 4])
    await wait()
    announce('B', [2, 3, 5])
    expect(asked()).toEqual(['A: 1 2', 'B: 3'])
    await wait()
    expect(asked()).toEqual([])
  })

  test('is asked for at most 256', async () => {
    const { announce, asks, wait, answer } = setUp('A')
    announce('A', range(300))
    await wait()
    expect(asks[0]!.indexes).toEqual(range(MAX_TX_RETRIEVALS))
    await answer('A', range(MAX_TX_RETRIEVALS))
    expect(asks[1]!.indexes).toEqual(range(44, 256))
  })

  test('is asked for 128 KiB, and so for one with blobs at a time', async () => {
    const { announce, asked, wait, answer } = setUp('A')
    announce('A', [1, 2, 3], { size: 50_000 })
    announce('A', [4])
    await wait()
    expect(asked()).toEqual(['A: 1 2 3'])
    announce('A', [5, 6], { type: BLOB, size: 140_000 })
    await answer('A', [1, 2, 3])
    expect(asked()).toEqual(['A: 4 5'])
  })

  test('that was asked least lately is asked first', async () => {
    const { announce, asked, wait, answer } = setUp('A', 'B')
    announce('A', [1])
    await wait()
    await answer('A', [1])
    for (const peer of ['A', 'B']) announce(peer, [2])
    await wait()
    expect(asked()).toEqual(['A: 1', 'B: 2'])
  })
})

describe('an answer', () => {
  test('that lacks some has those asked of others, and what follows the last that came of the same again', async () => {
    const { announce, asked, wait, answer } = setUp('A', 'B')
    announce('A', [1, 2, 3, 4])
    await wait()
    announce('B', [1, 2, 4])
    expect(asked()).toEqual(['A: 1 2 3 4'])
    await answer('A', [2, 3])
    // 1 came before one that came: A does not have it. 4 may not have fitted, and both have it.
    expect(asked()).toEqual(['B: 1 4'])
    await answer('B', [1])
    expect(asked()).toEqual(['A: 4'])
  })

  test('without any is believed: that peer is not asked for these again', async () => {
    const { announce, asked, wait, answer, fetcher } = setUp('A')
    announce('A', [1, 2])
    await wait()
    await answer('A', [])
    expect(asked()).toEqual(['A: 1 2'])
    expect(fetcher.counts()).toEqual({ waiting: 0, queued: 0, fetching: 0 })
  })

  test('that fails has all asked of others', async () => {
    const { announce, asked, wait, fail } = setUp('A', 'B')
    for (const peer of ['A', 'B']) announce(peer, [1, 2])
    await wait()
    await fail('A')
    expect(asked()).toEqual(['A: 1 2', 'B: 1 2'])
  })

  test('that does not come in five seconds has all asked of others, and nothing more of that peer', async () => {
    const { announce, asked, wait, clock, answer, fetcher } = setUp('A', 'B')
    for (const peer of ['A', 'B']) announce(peer, [1, 2])
    await wait()
    await clock.advance(TX_FETCH_TIMEOUT_MS)
    expect(asked()).toEqual(['A: 1 2', 'B: 1 2'])
    announce('A', [3])
    await wait()
    expect(asked()).toEqual([])
    // What it sends late is as good as any, and B need not be asked again.
    await answer('A', [1])
    expect(asked()).toEqual(['A: 3'])
    await answer('B', [2])
    await answer('A', [3])
    expect(fetcher.counts()).toEqual({ waiting: 0, queued: 0, fetching: 0 })
    expect(clock.pendingTimers).toBe(0)
  })

  test('is not missed where another was faster', async () => {
    const { announce, asked, wait, answer, fetcher } = setUp('A', 'B')
    for (const peer of ['A', 'B']) announce(peer, [1, 2])
    await wait()
    fetcher.delivered([delivered(transaction(1))])
    await answer('A', [2])
    expect(asked()).toEqual(['A: 1 2'])
    expect(fetcher.counts()).toEqual({ waiting: 0, queued: 0, fetching: 0 })
  })
})

describe('a peer that goes', () => {
  test('has what it was asked for asked of others', async () => {
    const { announce, asked, wait, fetcher, answer } = setUp('A', 'B')
    announce('A', [1, 2])
    announce('B', [2])
    await wait()
    expect(asked()).toEqual(['A: 1 2'])
    fetcher.removePeer('A')
    expect(asked()).toEqual(['B: 2'])
    // Too late, and from nobody.
    await answer('A', [1])
    await answer('B', [2])
    expect(fetcher.counts()).toEqual({ waiting: 0, queued: 0, fetching: 0 })
  })

  test('takes what it alone announced with it', async () => {
    const { announce, asked, wait, fetcher, clock } = setUp('A', 'B')
    announce('A', [1])
    fetcher.removePeer('A')
    await wait()
    expect(asked()).toEqual([])
    expect([fetcher.counts().waiting, clock.pendingTimers]).toEqual([0, 0])
  })

  test('and all others leave nothing behind', async () => {
    const { announce, wait, fetcher, clock } = setUp('A', 'B')
    announce('A', [1, 2])
    await wait()
    announce('B', [2, 3])
    fetcher.stop()
    expect(fetcher.counts()).toEqual({ waiting: 0, queued: 0, fetching: 0 })
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('metadata', () => {
  test.each([
    ['of another type', { type: 1 }, ['B announced type 1 of it, which has 2']],
    ['of another size', { size: 109 }, ['B announced 109 bytes of it, which has 100']],
    ['eight bytes off, as a prefix is', { size: 108 }, []],
  ])('%s counts against who told it, whoever delivers', async (_, told, faults) => {
    const rig = setUp('A', 'B')
    rig.announce('A', [1])
    rig.announce('B', [1], told)
    await rig.wait()
    await rig.answer('A', [1])
    expect(rig.faults).toEqual(faults)
  })

  test('of a size that nothing vouches for is not compared', () => {
    const { announce, fetcher, faults } = setUp('A')
    announce('A', [1], { type: BLOB, size: 5000 })
    fetcher.delivered([{ ...delivered(transaction(1, BLOB)), size: undefined }])
    expect(faults).toEqual([])
    expect(fetcher.counts()).toEqual({ waiting: 0, queued: 0, fetching: 0 })
  })

  test('is compared as well where a transaction comes unasked', () => {
    const { announce, fetcher, faults } = setUp('A')
    announce('A', [1], { size: 5000 })
    fetcher.delivered([delivered(transaction(1))])
    expect(faults).toEqual(['A announced 5000 bytes of it, which has 100'])
  })
})

import { SimClock, settle } from '@ethspan/core/testing'
import { describe, expect, test } from 'vitest'
import { Board, MAX_RECENT, PATIENCE } from '../src/client/board.js'
import { MAX_LOG } from '../src/client/bounded.js'
import type { NodeEvent } from '../src/client/client.js'

const entry = (seq: number): NodeEvent => {
  return { type: 'log', entry: { seq, at: seq, kind: 'node', tone: 'plain', text: `event ${seq}` } }
}

function setUp() {
  const board = new Board()
  const clock = new SimClock()
  const gone = new AbortController()
  const later = (callback: () => void, ms: number) => {
    const timer = clock.setTimeout(callback, ms)
    return () => timer.cancel()
  }
  return { board, clock, gone, since: (seen?: number) => board.since(seen, { signal: gone.signal, later }) }
}

describe('Board', () => {
  test('tells a page all there is, then what happened since', async () => {
    const { board, since } = setUp()
    board.emit(entry(1))
    board.emit({ type: 'tabs', tabs: 2 })
    const first = await since()
    expect(first.events).toEqual([{ type: 'snapshot', snapshot: board.snapshot }])
    expect(board.snapshot).toMatchObject({ tabs: 2, log: [{ text: 'event 1' }] })
    board.emit(entry(2))
    board.emit(entry(3))
    const second = await since(first.next)
    expect(second.events).toEqual([entry(2), entry(3)])
  })

  test('a page that has seen all waits for the next event', async () => {
    const { board, clock, since } = setUp()
    const { next } = await since()
    const waiting = since(next)
    await settle()
    board.emit(entry(1))
    expect(await waiting).toEqual({ next: next + 1, events: [entry(1)] })
    expect(clock.pendingTimers).toBe(0)
  })

  test('waits no longer than its patience, and not at all for a page that is gone', async () => {
    const { clock, gone, since } = setUp()
    const { next } = await since()
    const patient = since(next)
    await clock.advance(PATIENCE)
    expect(await patient).toEqual({ next, events: [] })
    const abandoned = since(next)
    gone.abort()
    expect(await abandoned).toEqual({ next, events: [] })
    expect(clock.pendingTimers).toBe(0)
  })

  test('a page too far behind is told all anew, and so is one that knew another node', async () => {
    const { board, since } = setUp()
    const { next } = await since()
    for (let seq = 0; seq <= MAX_RECENT; seq += 1) board.emit(entry(seq))
    expect((await since(next)).events).toEqual([{ type: 'snapshot', snapshot: board.snapshot }])
    expect((await since(1_000_000)).events).toEqual([{ type: 'snapshot', snapshot: board.snapshot }])
    expect((await since(next + 1)).events).toHaveLength(MAX_RECENT)
  })

  test('keeps a bounded log', () => {
    const { board } = setUp()
    for (let seq = 0; seq < 2 * MAX_LOG; seq += 1) board.emit(entry(seq))
    expect(board.snapshot.log).toHaveLength(MAX_LOG)
    expect(board.snapshot.log.at(-1)?.seq).toBe(2 * MAX_LOG - 1)
  })
})

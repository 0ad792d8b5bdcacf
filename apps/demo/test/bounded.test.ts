import { describe, expect, test } from 'vitest'
import {
  addEntry,
  addMessage,
  append,
  filterLog,
  MAX_LOG,
  MAX_MESSAGES,
  MAX_ROUND_TRIPS,
  type ShownEntry,
  trackRoundTrips,
} from '../src/client/bounded.js'
import type { ChatMessage, LogEntry } from '../src/client/client.js'

test('append keeps the newest', () => {
  expect(append([1, 2], 3, 3)).toEqual([1, 2, 3])
  expect(append([1, 2, 3], 4, 3)).toEqual([2, 3, 4])
})

describe('addMessage', () => {
  const message = (id: string, at: number): ChatMessage => ({
    id,
    at,
    from: '',
    name: '',
    text: id,
    own: false,
    isHistory: false,
  })

  test('puts what was missed where its time belongs', () => {
    const list = [message('a', 1), message('c', 3)].reduce(addMessage, [] as readonly ChatMessage[])
    expect(addMessage(list, message('b', 2)).map(({ id }) => id)).toEqual(['a', 'b', 'c'])
  })

  test('shows a message once, however often it is told', () => {
    const list = addMessage([], message('a', 1))
    expect(addMessage(list, message('a', 5))).toBe(list)
  })

  test('is bounded', () => {
    let list: readonly ChatMessage[] = []
    for (let n = 0; n < MAX_MESSAGES + 5; n += 1) list = addMessage(list, message(String(n), n))
    expect(list).toHaveLength(MAX_MESSAGES)
    expect(list[0]?.id).toBe('5')
  })
})

describe('filterLog', () => {
  const entry = (seq: number, kind: LogEntry['kind'], text: string, detail?: string): LogEntry => ({
    seq,
    at: seq,
    kind,
    tone: 'plain',
    text,
    ...(detail === undefined ? {} : { detail }),
  })
  const log: readonly ShownEntry[] = [
    entry(1, 'node', 'Node started'),
    entry(2, 'peer', 'Peer left', 'reset'),
    entry(3, 'peer', 'Peer joined'),
  ].map((told) => ({ ...told, times: 1 }))

  test('counts what is told again and again, with the time of the last', () => {
    const again = addEntry(log, entry(9, 'peer', 'Peer joined'))
    expect(again).toHaveLength(3)
    expect(again.at(-1)).toMatchObject({ seq: 3, at: 9, times: 2 })
  })

  test('is bounded', () => {
    let list: readonly ShownEntry[] = []
    for (let n = 0; n < MAX_LOG + 5; n += 1) list = addEntry(list, entry(n, 'node', String(n)))
    expect([list.length, list[0]?.seq]).toEqual([MAX_LOG, 5])
  })

  test('shows the newest first', () => {
    expect(filterLog(log, { kind: 'all', text: '' }).map(({ seq }) => seq)).toEqual([3, 2, 1])
  })
  test('by kind', () => expect(filterLog(log, { kind: 'node', text: '' }).map(({ seq }) => seq)).toEqual([1]))
  test('by all words, details included', () => {
    expect(filterLog(log, { kind: 'all', text: ' RESET peer ' }).map(({ seq }) => seq)).toEqual([2])
  })
})

describe('trackRoundTrips', () => {
  const peer = (id: string, roundTripTime?: number) => (roundTripTime === undefined ? { id } : { id, roundTripTime })

  test('adds a time when it changed and forgets who is gone', () => {
    let seen = trackRoundTrips(new Map(), [peer('a', 1), peer('b')])
    seen = trackRoundTrips(seen, [peer('a', 1), peer('b', 5)])
    seen = trackRoundTrips(seen, [peer('a', 2)])
    expect([...seen]).toEqual([['a', [1, 2]]])
  })

  test('is bounded', () => {
    let seen: ReadonlyMap<string, readonly number[]> = new Map()
    for (let n = 0; n < 100; n += 1) seen = trackRoundTrips(seen, [peer('a', n)])
    expect(seen.get('a')).toHaveLength(MAX_ROUND_TRIPS)
    expect(seen.get('a')?.at(-1)).toBe(99)
  })
})

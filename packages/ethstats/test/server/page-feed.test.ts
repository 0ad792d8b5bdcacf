import { SimClock } from '@ethspan/core/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyMessage, changeBetween, emptySnapshot, type FeedMessage, type StatsSnapshot } from '../../src/feed.js'
import { PageFeed } from '../../src/server/page-feed.js'
import type { ServerSocket } from '../../src/server/server-socket.js'
import { type FakeReporter, startReporters } from './support.js'

/** A page, with the picture that it has of the server. */
class FakePage implements ServerSocket {
  bufferedAmount = 0
  readonly messages: FeedMessage[] = []
  ended: 'closed' | 'cut' | undefined
  picture: StatsSnapshot = emptySnapshot

  send(text: string): void {
    const message = JSON.parse(text) as FeedMessage
    this.messages.push(message)
    this.picture = applyMessage(this.picture, message)
  }

  close(): void {
    this.ended = 'closed'
  }

  terminate(): void {
    this.ended = 'cut'
  }
}

const limits = { pageBacklog: 1_000, pageStall: 30_000 }

function start() {
  const clock = new SimClock()
  let count = 0
  /** Each differs from the last in its network. */
  const next = (): StatsSnapshot => ({ ...emptySnapshot, at: clock.wallTime(), network: String(++count) })
  return { clock, next, feed: new PageFeed(clock, limits, emptySnapshot) }
}

describe('a page', () => {
  test('is told all there is when it comes, and then what changes', () => {
    const { feed, next } = start()
    const page = new FakePage()
    feed.add(page, next())
    feed.flush(next())
    expect(page.messages).toMatchObject([
      { type: 'snapshot', network: '1', nodes: [] },
      { type: 'change', network: '2' },
    ])
    expect(page.messages[1]).not.toHaveProperty('nodes')
  })

  test('is told nothing where nothing changed, but for a sign of life', async () => {
    const { feed, next, clock } = start()
    const page = new FakePage()
    const same = next()
    feed.add(page, same)
    await clock.advance(14_999)
    feed.flush({ ...same, at: clock.wallTime() })
    expect(page.messages).toHaveLength(1)
    await clock.advance(1)
    feed.flush({ ...same, at: clock.wallTime() })
    expect(page.messages.slice(1)).toEqual([{ type: 'change', at: clock.wallTime() }])
  })

  test('that is slow is told nothing until it has read all, and then everything', () => {
    const { feed, next } = start()
    const [slow, quick] = [new FakePage(), new FakePage()]
    feed.add(slow, next())
    feed.add(quick, next())
    slow.bufferedAmount = 1_001
    feed.flush(next())
    slow.bufferedAmount = 1
    feed.flush(next())
    expect(slow.picture.network).toBe('2')
    slow.bufferedAmount = 0
    const last = next()
    feed.flush(last)
    expect(slow.messages.at(-1)?.type).toBe('snapshot')
    expect(slow.picture).toEqual(last)
    expect(quick.picture).toEqual(last)
  })

  test('that reads nothing at all is cut off', async () => {
    const { feed, next, clock } = start()
    const page = new FakePage()
    feed.add(page, next())
    page.bufferedAmount = 1_001
    feed.flush(next())
    await clock.advance(29_999)
    feed.flush(next())
    expect(page.ended).toBeUndefined()
    await clock.advance(1)
    feed.flush(next())
    expect(page.ended).toBe('cut')
    expect(feed.size).toBe(0)
  })

  test('that is gone is told nothing', () => {
    const { feed, next } = start()
    const page = new FakePage()
    feed.add(page, next())
    feed.remove(page)
    feed.flush(next())
    expect(page.messages).toHaveLength(1)
  })
})

/** What reporters may do, in any order. */
const step = fc.record({
  who: fc.integer({ min: 0, max: 3 }),
  what: fc.constantFrom('hello', 'leave', 'block', 'pending', 'history', 'time', 'long time', 'look'),
  number: fc.integer({ min: 0, max: 60 }),
})

test('changes add up to what a newcomer is told, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { reporters, open, clock } = startReporters({ nodes: 3, forgetAfter: 100_000 })
      const feed = new PageFeed(clock, limits, reporters.snapshot())
      const page = new FakePage()
      feed.add(page, reporters.snapshot())
      const connected: (FakeReporter | undefined)[] = []
      for (const { who, what, number } of steps) {
        if (what === 'hello') {
          connected[who] ??= open(`node ${who}`).hello({ net: String(who % 2) })
          if (connected[who]?.ended !== undefined) connected[who] = undefined
        } else if (what === 'leave') {
          connected[who]?.leave()
          connected[who] = undefined
        } else if (what === 'time') await clock.advance(number * 100)
        else if (what === 'long time') await clock.advance(number * 2_000)
        else if (what === 'look') feed.flush(reporters.snapshot())
        else if (what === 'block') connected[who]?.block(number)
        else if (what === 'pending') connected[who]?.say('pending', { stats: { pending: number } })
        else connected[who]?.say('history', { history: [] })
      }
      feed.flush(reporters.snapshot())
      const newcomer = new FakePage()
      feed.add(newcomer, reporters.snapshot())
      const byId = ({ nodes, ...rest }: StatsSnapshot) => ({
        ...rest,
        at: 0,
        nodes: new Map(nodes.map((n) => [n.id, n])),
      })
      expect(byId(page.picture)).toEqual(byId(newcomer.picture))
    }),
    { numRuns: 200 },
  )
})

test('between two looks at which nothing happened there is no change', () => {
  const { reporters, open } = startReporters()
  open('a').hello().block(10)
  const { at, ...change } = changeBetween(reporters.snapshot(), reporters.snapshot())
  expect(change).toEqual({})
})

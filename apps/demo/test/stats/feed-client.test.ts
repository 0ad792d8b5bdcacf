import { SimClock } from '@ethspan/core/testing'
import { emptySnapshot, FEED_SILENCE, type FeedMessage, type StatsSnapshot } from '@ethspan/ethstats/feed'
import { describe, expect, test } from 'vitest'
import { FeedClient, type FeedHandler, type FeedState } from '../../src/stats/feed-client.js'

const snapshot = (over: Partial<StatsSnapshot> = {}): FeedMessage => ({ type: 'snapshot', ...emptySnapshot, ...over })

function start() {
  const clock = new SimClock()
  const opened: { readonly handler: FeedHandler; ended: boolean }[] = []
  const states: FeedState[] = []
  const pictures: { picture: StatsSnapshot; ahead: number }[] = []
  const client = new FeedClient({
    open(handler) {
      const socket = { handler, ended: false }
      opened.push(socket)
      return () => {
        socket.ended = true
      }
    },
    now: () => clock.wallTime(),
    later: (callback, ms) => {
      const timer = clock.setTimeout(callback, ms)
      return () => timer.cancel()
    },
    state: (state) => states.push(state),
    picture: (picture, ahead) => pictures.push({ picture, ahead }),
  })
  client.connect()
  const say = (message: FeedMessage) => opened.at(-1)!.handler.message(JSON.stringify(message))
  const phases = () => states.splice(0).map(({ phase }) => phase)
  return { client, clock, opened, states, phases, pictures, say }
}

test('shows all there is, then what changed', () => {
  const { say, pictures, phases } = start()
  say(snapshot({ network: '1' }))
  say({ type: 'change', at: 5, network: '2' })
  expect(pictures.map(({ picture }) => picture.network)).toEqual(['1', '2'])
  expect(phases()).toEqual(['connecting', 'live', 'live'])
})

test("tells by how much the server's clock is ahead", () => {
  const { say, pictures, clock } = start()
  say(snapshot({ at: clock.wallTime() + 90_000 }))
  expect(pictures[0]?.ahead).toBe(90_000)
})

describe('a connection that ends', () => {
  test('is followed by another, at growing pauses until one speaks', async () => {
    const { clock, opened, states, say } = start()
    const pauses: number[] = []
    for (let i = 0; i < 7; i++) {
      opened.at(-1)!.handler.closed()
      const state = states.at(-1)!
      if (state.phase !== 'lost') throw new Error(state.phase)
      pauses.push(state.retryAt - clock.wallTime())
      await clock.advance(pauses.at(-1)!)
      expect(opened).toHaveLength(i + 2)
    }
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000])
    say(snapshot())
    opened.at(-1)!.handler.closed()
    expect(states.at(-1)).toEqual({ phase: 'lost', retryAt: clock.wallTime() + 500 })
  })

  test('leaves what was shown on the page', async () => {
    const { clock, opened, say, pictures } = start()
    say(snapshot({ network: '1' }))
    opened[0]!.handler.closed()
    await clock.advance(500)
    expect(pictures).toHaveLength(1)
    say({ type: 'change', at: 1 })
    expect(pictures[1]?.picture.network).toBe('1')
  })

  test('tells nothing more', () => {
    const { opened } = start()
    opened[0]!.handler.closed()
    expect(opened[0]!.ended).toBe(true)
  })
})

describe('a server that says nothing', () => {
  test('counts as lost', async () => {
    const { clock, say, phases, opened } = start()
    say(snapshot())
    phases()
    await clock.advance(FEED_SILENCE - 1)
    say({ type: 'change', at: 1 })
    await clock.advance(FEED_SILENCE - 1)
    expect(phases()).toEqual(['live'])
    await clock.advance(1)
    expect(phases()).toEqual(['lost'])
    expect(opened[0]!.ended).toBe(true)
  })

  test('is noticed at once when the page is looked at again, although its timers slept', () => {
    const { client, clock, say, phases } = start()
    say(snapshot())
    phases()
    clock.jump(FEED_SILENCE)
    client.wake()
    expect(phases()).toEqual(['lost'])
  })
})

test('a page that is looked at again does not wait for its next try', () => {
  const { client, opened } = start()
  opened[0]!.handler.closed()
  client.wake()
  expect(opened).toHaveLength(2)
})

test('a page that is looked at again keeps a connection that lives', () => {
  const { client, opened, say } = start()
  say(snapshot())
  client.wake()
  expect(opened).toHaveLength(1)
})

// The channel by itself, over a socket that a test plays: what real sockets do too seldom or too fast.
import { SimClock } from '@ethspan/core/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { joinIntoMessages, WebSocketChannel } from '../src/channel.js'
import { DRAIN_POLL_INTERVAL, HIGH_WATER_MARK, LOW_WATER_MARK, MAX_UNREAD } from '../src/limits.js'
import type { Socket, SocketHandler } from '../src/socket/shape.js'
import { watch } from './support.js'

const playedSocket = () => {
  const calls: string[] = []
  let handler: SocketHandler | undefined
  const state = { bufferedAmount: 0 }
  const socket: Socket = {
    canPause: false,
    tellsSent: false,
    localAddress: 'here',
    remoteAddress: 'there',
    get bufferedAmount() {
      return state.bufferedAmount
    },
    attach(to) {
      handler = to
    },
    send(message) {
      state.bufferedAmount += message.length
    },
    pause: () => calls.push('pause'),
    resume: () => calls.push('resume'),
    close: (code) => calls.push(`close ${code}`),
    terminate: (code) => calls.push(`terminate ${code}`),
  }
  const clock = new SimClock()
  const channel = new WebSocketChannel(socket, { inbound: false, clock, maxPayload: 1000 })
  if (handler === undefined) throw new Error('the channel did not attach')
  return { calls, state, clock, channel, handler }
}

test('a browser’s buffer is looked at while above the mark, and only then', async () => {
  const { channel, clock, state } = playedSocket()
  let drains = 0
  watch(channel, { drained: () => drains++ })
  expect(channel.write([new Uint8Array(HIGH_WATER_MARK)])).toBe(true)
  expect(clock.pendingTimers).toBe(0)
  expect(channel.write([new Uint8Array(1)])).toBe(false)
  await clock.advance(10 * DRAIN_POLL_INTERVAL)
  expect([drains, clock.pendingTimers]).toEqual([0, 1])
  state.bufferedAmount = LOW_WATER_MARK
  await clock.advance(DRAIN_POLL_INTERVAL)
  expect([drains, clock.pendingTimers]).toEqual([1, 0])
})

test('incoming data makes it look at once: a hidden tab’s timers are slow', () => {
  const { channel, clock, state, handler } = playedSocket()
  let drains = 0
  watch(channel, { drained: () => drains++ })
  expect(channel.write([new Uint8Array(HIGH_WATER_MARK + 1)])).toBe(false)
  state.bufferedAmount = 0
  handler.message(new Uint8Array(1))
  expect([drains, clock.pendingTimers]).toEqual([1, 0])
})

test('no timer outlives the channel', () => {
  for (const how of ['destroy', 'end'] as const) {
    const { channel, clock, handler } = playedSocket()
    watch(channel)
    channel.write([new Uint8Array(2 * HIGH_WATER_MARK)])
    channel[how]()
    handler.closed(1000)
    expect(clock.pendingTimers).toBe(0)
  }
})

test('a message longer than allowed ends the connection with 1009', async () => {
  const { channel, calls, handler } = playedSocket()
  const { closed } = watch(channel)
  handler.message(new Uint8Array(1001))
  expect(calls).toContain('close 1009')
  expect(await closed).toMatchObject({ code: 'ERR_PROTOCOL' })
})

test('what nobody reads is kept up to a bound', async () => {
  const { channel, calls, handler } = playedSocket()
  for (let bytes = 0; bytes <= MAX_UNREAD; bytes += 1000) handler.message(new Uint8Array(1000))
  expect(calls).toContain('terminate 4000')
  expect(await watch(channel).closed).toMatchObject({ code: 'ERR_CLOSED' })
})

test.each([
  [1000, undefined],
  [1001, undefined],
  [1005, undefined],
  [1006, 'ERR_CLOSED'],
  [1003, 'ERR_CLOSED'],
  [4000, 'ERR_CLOSED'],
])('the other side’s close code %i', async (code, expected) => {
  const { channel, handler } = playedSocket()
  const { closed } = watch(channel)
  handler.closed(code)
  const error = await closed
  expect(error === undefined ? undefined : (error as { code?: string }).code).toBe(expected)
})

test('a write leaves as few messages, none longer than the bound, and loses no byte', () => {
  const chunk = fc.uint8Array({ maxLength: 40 })
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 20 }), fc.integer({ min: 1, max: 50 }), (chunks, max) => {
      const messages = [...joinIntoMessages(chunks, max)]
      const total = chunks.reduce((sum, { length }) => sum + length, 0)
      expect(messages.flatMap((message) => [...message])).toEqual(chunks.flatMap((bytes) => [...bytes]))
      expect(messages.length).toBe(Math.ceil(total / max))
      expect(messages.every(({ length }) => length > 0 && length <= max)).toBe(true)
    }),
  )
})

test('a chunk that is a message by itself is not copied', () => {
  const chunk = new Uint8Array(10)
  expect([...joinIntoMessages([chunk], 10)][0]?.buffer).toBe(chunk.buffer)
})

import type { Channel } from '../transport/transport.js'
import { seededRandomBytes } from './seeded-random.js'
import { settle as settleMicrotasks } from './settle.js'

/** The part of a test runner that the suite uses; vitest's own functions fit. */
export interface ConformanceApi {
  describe(name: string, body: () => void): void
  test(name: string, body: () => Promise<void>): void
  expect(actual: unknown): { toBe(expected: unknown): void; toEqual(expected: unknown): void }
}

export interface ChannelPair {
  readonly dialer: Channel
  readonly listener: Channel
  /** Frees what `connect` opened besides the two channels. */
  close(): Promise<void>
}

export interface ChannelConformanceOptions {
  /** What is tested, such as `tcp`. */
  readonly name: string
  /** Two new channels joined to each other, both not opened yet. */
  connect(): Promise<ChannelPair>
  /** Lets everything under way arrive that takes no time; default: microtasks only. A socket gives a few turns of its event loop. */
  settle?(): Promise<void>
  readonly api: ConformanceApi
}

/** Past this a sender that is never told to wait counts as one without backpressure. */
const BACKPRESSURE_BOUND = 64 * 1024 * 1024
const KIB = 1024

/** The contract of {@link Channel} as tests. Every transport runs it. */
export function channelConformance(options: ChannelConformanceOptions): void {
  const { name, api } = options
  const { describe, test, expect } = api
  const settle = options.settle ?? settleMicrotasks
  const random = seededRandomBytes(name)

  const withPair = (title: string, body: (pair: ChannelPair) => Promise<void>) =>
    test(title, async () => {
      const pair = await options.connect()
      try {
        await body(pair)
      } finally {
        pair.dialer.destroy()
        pair.listener.destroy()
        await pair.close()
      }
    })

  describe(`${name} channel`, () => {
    withPair('tells which side dialed and where both are', async ({ dialer, listener }) => {
      expect([dialer.inbound, listener.inbound]).toEqual([false, true])
      expect(dialer.transport).toBe(listener.transport)
      for (const address of [
        dialer.remoteAddress,
        dialer.localAddress,
        listener.remoteAddress,
        listener.localAddress,
      ]) {
        expect(address.length > 0).toBe(true)
      }
    })

    withPair('carries writes of 1 byte to 1 MiB both ways in order', async ({ dialer, listener }) => {
      const there = new Recorder(dialer)
      const back = new Recorder(listener)
      for (const size of [1, 2, 3, 1000, KIB, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 300_000, 1024 * KIB]) {
        const bytes = random(size)
        await Promise.all([there.send(bytes), back.send(bytes)])
        await Promise.all([there.receive(size), back.receive(size)])
        expect(sameBytes(there.take(), bytes) && sameBytes(back.take(), bytes)).toBe(true)
      }
    })

    withPair('joins the chunks of one write, empty ones included', async ({ dialer, listener }) => {
      new Recorder(dialer)
      const receiver = new Recorder(listener)
      const bytes = random(10_000)
      dialer.write([bytes.slice(0, 1), new Uint8Array(0), bytes.slice(1, 33), bytes.slice(33)])
      dialer.write([])
      dialer.write([new Uint8Array(0)])
      await receiver.receive(bytes.length)
      expect(sameBytes(receiver.take(), bytes)).toBe(true)
    })

    withPair('keeps the order of many small writes', async ({ dialer, listener }) => {
      const sender = new Recorder(dialer)
      const receiver = new Recorder(listener)
      const bytes = random(5000)
      for (let at = 0; at < bytes.length; at += 7) await sender.send(bytes.slice(at, at + 7))
      await receiver.receive(bytes.length)
      expect(sameBytes(receiver.take(), bytes)).toBe(true)
    })

    withPair('calls nothing before open and delivers what came before it', async ({ dialer, listener }) => {
      new Recorder(dialer)
      const bytes = random(10_000)
      dialer.write([bytes])
      await settle()
      const receiver = new Recorder(listener)
      expect(receiver.length).toBe(0)
      await receiver.receive(bytes.length)
      expect(sameBytes(receiver.take(), bytes)).toBe(true)
    })

    withPair('tells one that opens late of the end too, after the data', async ({ dialer, listener }) => {
      const sender = new Recorder(dialer)
      const bytes = random(10_000)
      dialer.write([bytes])
      dialer.end()
      await settle()
      const receiver = new Recorder(listener)
      expect(receiver.closes).toBe(0)
      expect(await receiver.closed).toBe(undefined)
      expect(sameBytes(receiver.take(), bytes)).toBe(true)
      expect(await sender.closed).toBe(undefined)
    })

    withPair('answers write with false when too much is under way, and says drained once it left', async (pair) => {
      const sender = new Recorder(pair.dialer)
      const receiver = new Recorder(pair.listener)
      if (pair.listener.canPause) pair.listener.pause()
      let sent = 0
      const chunk = random(256 * KIB)
      while (sent < BACKPRESSURE_BOUND) {
        sent += chunk.length
        if (!pair.dialer.write([chunk.slice()])) break
      }
      expect(sent < BACKPRESSURE_BOUND).toBe(true)
      expect(sender.drains).toBe(0)
      pair.listener.resume()
      await sender.drained
      await receiver.receive(sent)
      expect(sender.drains).toBe(1)
      const received = receiver.take()
      let same = received.length === sent
      for (let at = 0; at < sent; at += chunk.length)
        same &&= sameBytes(received.subarray(at, at + chunk.length), chunk)
      expect(same).toBe(true)
    })

    withPair('says drained to one that wrote before it opened', async ({ dialer, listener }) => {
      const receiver = new Recorder(listener)
      let sent = 0
      do sent += 256 * KIB
      while (dialer.write([new Uint8Array(256 * KIB)]) && sent < BACKPRESSURE_BOUND)
      await receiver.receive(sent)
      await settle()
      const sender = new Recorder(dialer)
      expect(sender.drains).toBe(0)
      await sender.drained
    })

    withPair('stops data while paused and goes on without a loss, or ignores both', async ({ dialer, listener }) => {
      const sender = new Recorder(dialer)
      const receiver = new Recorder(listener)
      const first = random(1000)
      const second = random(100_000)
      await sender.send(first)
      await receiver.receive(first.length)
      listener.pause()
      dialer.write([second])
      // The other direction is not paused: once an answer is through, what was sent first had its time too.
      listener.write([new Uint8Array(1)])
      await sender.receive(1)
      await settle()
      if (listener.canPause) expect(receiver.length).toBe(first.length)
      listener.resume()
      await receiver.receive(first.length + second.length)
      expect(sameBytes(receiver.take(), concat([first, second]))).toBe(true)
    })

    withPair('stops at once when paused from within data', async ({ dialer, listener }) => {
      const sender = new Recorder(dialer)
      const receiver = new Recorder(listener)
      let calls = 0
      receiver.onData = () => {
        calls++
        listener.pause()
      }
      const bytes = random(1024 * KIB)
      for (let at = 0; at < bytes.length; at += 1000) dialer.write([bytes.slice(at, at + 1000)])
      await receiver.receive(1)
      listener.write([new Uint8Array(1)])
      await sender.receive(1)
      await settle()
      if (listener.canPause) expect(calls).toBe(1)
      receiver.onData = () => {}
      listener.resume()
      await receiver.receive(bytes.length)
      expect(sameBytes(receiver.take(), bytes)).toBe(true)
    })

    withPair('end sends what was written and closes both sides in good order', async ({ dialer, listener }) => {
      const sender = new Recorder(dialer)
      const receiver = new Recorder(listener)
      const bytes = random(1024 * KIB)
      dialer.write([bytes])
      dialer.end()
      expect(await receiver.closed).toBe(undefined)
      expect(await sender.closed).toBe(undefined)
      expect(sameBytes(receiver.take(), bytes)).toBe(true)
    })

    withPair('end from the side that was dialed does the same', async ({ dialer, listener }) => {
      const receiver = new Recorder(dialer)
      const sender = new Recorder(listener)
      const bytes = random(100_000)
      listener.write([bytes])
      listener.end()
      expect(await receiver.closed).toBe(undefined)
      expect(await sender.closed).toBe(undefined)
      expect(sameBytes(receiver.take(), bytes)).toBe(true)
    })

    withPair('end closes although its own side is paused with unread data', async ({ dialer, listener }) => {
      const quitter = new Recorder(dialer)
      const other = new Recorder(listener)
      dialer.pause()
      listener.write([random(10_000)])
      await settle()
      dialer.end()
      await quitter.closed
      await other.closed
      expect([quitter.closes, other.closes]).toEqual([1, 1])
    })

    withPair('destroy closes both sides and gives its error on this one', async ({ dialer, listener }) => {
      const destroyer = new Recorder(dialer)
      const other = new Recorder(listener)
      const error = new Error('enough')
      dialer.destroy(error)
      expect(destroyer.closes).toBe(0)
      expect(await destroyer.closed).toBe(error)
      await other.closed
    })

    withPair('destroy works while paused and while much is under way', async ({ dialer, listener }) => {
      const destroyer = new Recorder(listener)
      const other = new Recorder(dialer)
      listener.pause()
      dialer.write([random(1024 * KIB)])
      await settle()
      listener.destroy()
      expect(await destroyer.closed).toBe(undefined)
      await other.closed
    })

    withPair('a channel destroyed before open says closed once opened', async ({ dialer, listener }) => {
      const error = new Error('not wanted')
      listener.destroy(error)
      await settle()
      const late = new Recorder(listener)
      const other = new Recorder(dialer)
      expect(await late.closed).toBe(error)
      expect(late.length).toBe(0)
      await other.closed
    })

    withPair('closed comes once, nothing comes after it, and what is called then is ignored', async (pair) => {
      const sides = [new Recorder(pair.dialer), new Recorder(pair.listener)]
      pair.dialer.end()
      pair.listener.end()
      await Promise.all(sides.map((side) => side.closed))
      for (const channel of [pair.dialer, pair.listener]) {
        channel.write([new Uint8Array(100)])
        channel.pause()
        channel.resume()
        channel.end()
        channel.destroy(new Error('too late'))
        channel.end()
      }
      await settle()
      for (const side of sides) expect([side.closes, side.length, side.afterClosed]).toEqual([1, 0, 0])
    })

    withPair('writes after end are ignored', async ({ dialer, listener }) => {
      const sender = new Recorder(dialer)
      const receiver = new Recorder(listener)
      dialer.write([new Uint8Array([1, 2, 3])])
      dialer.end()
      dialer.write([new Uint8Array([4, 5, 6])])
      await receiver.closed
      await sender.closed
      expect([...receiver.take()]).toEqual([1, 2, 3])
    })

    withPair('delivers no data after destroy, even from within data', async ({ dialer, listener }) => {
      new Recorder(dialer)
      const receiver = new Recorder(listener)
      let calls = 0
      receiver.onData = () => {
        calls++
        listener.destroy()
      }
      for (let i = 0; i < 200; i++) dialer.write([new Uint8Array(5000)])
      await receiver.closed
      await settle()
      expect(calls).toBe(1)
    })
  })
}

/** A handler that notes all it is told. Opens the channel. */
class Recorder {
  readonly #channel: Channel
  #chunks: Uint8Array[] = []
  #waiting: { readonly length: number; readonly resolve: () => void } | undefined
  #onDrained: (() => void) | undefined
  #onClosed: (error: Error | undefined) => void = () => {}
  readonly closed: Promise<Error | undefined>
  readonly drained: Promise<void>
  length = 0
  drains = 0
  closes = 0
  afterClosed = 0
  onData: () => void = () => {}

  constructor(channel: Channel) {
    this.#channel = channel
    this.closed = new Promise((resolve) => {
      this.#onClosed = resolve
    })
    this.drained = this.#nextDrained()
    channel.open({
      data: (chunk) => this.#data(chunk),
      drained: () => this.#drain(),
      closed: (error) => this.#close(error),
    })
  }

  #data(chunk: Uint8Array): void {
    if (this.closes > 0) this.afterClosed++
    this.#chunks.push(chunk)
    this.length += chunk.length
    this.onData()
    if (this.#waiting !== undefined && this.length >= this.#waiting.length) this.#waiting.resolve()
  }

  /** Writes as the contract asks: after a false, the next write waits for `drained`. */
  async send(bytes: Uint8Array): Promise<void> {
    const drained = this.#nextDrained()
    if (!this.#channel.write([bytes.slice()])) await drained
  }

  /** Until `length` bytes are here. */
  receive(length: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = { length, resolve }
      if (this.length >= length) resolve()
    })
  }

  /** All that came since the last time. */
  take(): Uint8Array {
    const bytes = concat(this.#chunks)
    this.#chunks = []
    this.length = 0
    return bytes
  }

  #nextDrained(): Promise<void> {
    return new Promise((resolve) => {
      const before = this.#onDrained
      this.#onDrained = () => {
        before?.()
        resolve()
      }
    })
  }

  #drain(): void {
    if (this.closes > 0) this.afterClosed++
    this.drains++
    this.#onDrained?.()
    this.#onDrained = undefined
  }

  #close(error: Error | undefined): void {
    this.closes++
    this.#onClosed(error)
  }
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

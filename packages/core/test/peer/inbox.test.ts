import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EthspanError, type Msg } from '../../src/index.js'
import { Inbox } from '../../src/peer/inbox.js'
import { settle } from '../../src/testing/index.js'

const OVERHEAD = 128
const msg = (code: number, size = 0): Msg => ({ code, payload: new Uint8Array(size), receivedAt: 0 })
const over = new EthspanError('ERR_CLOSED', 'over')

/** What an inbox should be: a plain list, a line of readers, and the rules in words. */
class Model {
  readonly queued: Msg[] = []
  readonly waiting: { readonly id: number; readonly abort: AbortController }[] = []
  readonly expected = new Map<number, string>()
  ended = false
  rooms = 0
  readonly budget: number
  constructor(budget: number) {
    this.budget = budget
  }

  get full(): boolean {
    const bytes = this.queued.reduce((sum, { payload }) => sum + payload.length + OVERHEAD, 0)
    return bytes > this.budget && this.queued.length > 1
  }
}

type Step = { readonly kind: 'push' | 'read' | 'abort' | 'end'; readonly n: number }
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('push', 'push', 'push', 'read', 'read', 'read', 'abort', 'end'),
  n: fc.nat(2000),
})

describe('an inbox', () => {
  test('behaves as a line of messages and a line of readers, whatever happens in which order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(4000), fc.array(step, { maxLength: 60 }), async (budget, steps) => {
        const model = new Model(budget)
        let rooms = 0
        const inbox = new Inbox(budget, () => rooms++)
        const outcomes = new Map<number, string>()
        let next = 0
        for (const { kind, n } of steps) {
          const id = next++
          if (kind === 'push' && !model.ended) {
            const message = msg(id, n)
            inbox.push(message)
            const reader = model.waiting.shift()
            if (reader === undefined) model.queued.push(message)
            else model.expected.set(reader.id, `message ${id}`)
          } else if (kind === 'read') {
            const abort = new AbortController()
            const outcome = inbox.read({ signal: abort.signal })
            outcome.then(
              ({ code }) => outcomes.set(id, `message ${code}`),
              (error: EthspanError) => outcomes.set(id, error.code),
            )
            const wasFull = model.full
            const message = model.queued.shift()
            if (message !== undefined) model.expected.set(id, `message ${message.code}`)
            else if (model.ended) model.expected.set(id, 'ERR_CLOSED')
            else model.waiting.push({ id, abort })
            if (wasFull && !model.full) model.rooms++
          } else if (kind === 'abort' && model.waiting.length > 0) {
            const [reader] = model.waiting.splice(n % model.waiting.length, 1)
            reader?.abort.abort()
            if (reader !== undefined) model.expected.set(reader.id, 'ERR_ABORTED')
          } else if (kind === 'end') {
            inbox.end(over)
            model.ended = true
            for (const { id } of model.waiting.splice(0)) model.expected.set(id, 'ERR_CLOSED')
          }
          expect(inbox.full).toBe(model.full)
          expect(rooms).toBe(model.rooms)
        }
        await settle(20)
        expect(outcomes).toEqual(model.expected)
      }),
    )
  })

  test('keeps the order over many messages read late', async () => {
    const inbox = new Inbox(1, () => {})
    const codes: number[] = []
    let pushed = 0
    while (codes.length < 5000) {
      for (let i = 0; i < 1000 && pushed < 5000; i++) inbox.push(msg(pushed++))
      for (let i = 0; i < 700 && codes.length < pushed; i++) codes.push((await inbox.read()).code)
    }
    expect(codes).toEqual(Array.from({ length: 5000 }, (_, i) => i))
  })

  test('can be iterated: what is here at the end is still read, then iteration ends', async () => {
    const inbox = new Inbox(1, () => {})
    const codes: number[] = []
    const loop = (async () => {
      for await (const { code } of inbox) codes.push(code)
      return 'over'
    })()
    await settle(5)
    inbox.push(msg(1))
    await settle(5)
    expect(codes).toEqual([1])
    inbox.push(msg(2))
    inbox.push(msg(3))
    inbox.end(over)
    expect(await loop).toBe('over')
    expect(codes).toEqual([1, 2, 3])
  })

  test('can be iterated after a break, and read meanwhile', async () => {
    const inbox = new Inbox(1, () => {})
    for (let i = 0; i < 4; i++) inbox.push(msg(i))
    const codes: number[] = []
    for await (const { code } of inbox) {
      codes.push(code)
      break
    }
    codes.push((await inbox.read()).code)
    inbox.end(over)
    for await (const { code } of inbox) codes.push(code)
    expect(codes).toEqual([0, 1, 2, 3])
    await expect(inbox.read()).rejects.toBe(over)
  })

  test('loses nothing to a read that was aborted before it began', async () => {
    const inbox = new Inbox(1, () => {})
    inbox.push(msg(1))
    await expect(inbox.read({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    expect((await inbox.read()).code).toBe(1)
  })
})

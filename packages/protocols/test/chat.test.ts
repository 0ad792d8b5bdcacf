import { bytesToHex, Enode, encodeRlp, keccak256, publicKeyOf, type RlpInput, sign } from '@ethspan/core'
import { SimClock, settle } from '@ethspan/core/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Chat, type ChatMessage } from '../src/chat/chat.js'
import { ChatMsg, chatLimits } from '../src/chat/messages.js'
import { anyText, connect, fakePeer, newKey, runProtocol } from './fake-peer.js'

function member(clock: SimClock, name = '') {
  const privateKey = newKey()
  const chat = new Chat({ privateKey, name, clock })
  const heard: ChatMessage[] = []
  chat.addEventListener('message', ({ message }) => heard.push(message))
  const id = new Enode(publicKeyOf(privateKey)).id
  return { chat, heard, id, privateKey }
}

type Member = ReturnType<typeof member>

/** Makes two members neighbours. */
function link(a: Member, b: Member, clock: SimClock) {
  const end = ({ chat, id }: Member) => ({ protocol: chat.protocol, peer: fakePeer({ id }) })
  return connect(end(a), end(b), clock)
}

const texts = (messages: readonly ChatMessage[]) => messages.map(({ text }) => text)

/** A signed message as it goes over the wire, made without the code under test. */
function craft(options: { key?: Uint8Array; time?: number; name?: string; text?: string } = {}): RlpInput[] {
  const { key = newKey(), time = new SimClock().wallTime(), name = 'n', text = 'hi' } = options
  const publicKey = publicKeyOf(key)
  const hash = keccak256(encodeRlp(['ethspan chat/1', publicKey, time, name, text]))
  return [publicKey, time, name, text, sign(hash, key).slice(0, 64)]
}

describe('a chat', () => {
  test('everybody hears everybody over a relay, each message once', async () => {
    const clock = new SimClock()
    const [alice, relay, bob] = [member(clock, 'alice'), member(clock), member(clock, 'bob')]
    const links = [link(alice, relay, clock), link(relay, bob, clock), link(alice, bob, clock)]
    await settle()
    alice.chat.send('hello')
    await settle()
    bob.chat.send('hi, alice')
    await settle()
    for (const { heard } of [alice, relay, bob]) expect(texts(heard)).toEqual(['hello', 'hi, alice'])
    expect(bob.heard[0]).toMatchObject({ origin: alice.id, name: 'alice', isHistory: false })
    expect(alice.heard[0]).toMatchObject({ origin: alice.id, via: undefined })
    for (const { close } of links) await close()
    expect(clock.pendingTimers).toBe(0)
  })

  test('who comes later gets the history, and tells it to the next', async () => {
    const clock = new SimClock()
    const [alice, relay, late, later] = [member(clock, 'alice'), member(clock), member(clock), member(clock)]
    const links = [link(alice, relay, clock)]
    for (const text of ['one', 'two']) {
      alice.chat.send(text)
      await clock.advance(1)
    }
    links.push(link(relay, late, clock))
    await settle()
    expect(late.heard.map(({ text, isHistory }) => [text, isHistory])).toEqual([
      ['one', true],
      ['two', true],
    ])
    links.push(link(late, later, clock))
    await settle()
    expect(texts(later.chat.history)).toEqual(['one', 'two'])
    for (const { close } of links) await close()
  })

  test('a relay that was restarted learns from its peers what was said, and nobody hears it twice', async () => {
    const clock = new SimClock()
    const [alice, relay] = [member(clock), member(clock)]
    const before = link(alice, relay, clock)
    alice.chat.send('remember me')
    await settle()
    await before.close()
    const restarted = member(clock)
    const after = link(alice, restarted, clock)
    await settle()
    expect(texts(restarted.chat.history)).toEqual(['remember me'])
    expect(texts(alice.heard)).toEqual(['remember me'])
    await after.close()
  })

  test('the history is bounded, in the order of the times said', async () => {
    const clock = new SimClock()
    const { chat } = member(clock)
    for (let i = 0; i < 60; i++) {
      chat.send(`message ${i}`)
      await clock.advance(2_000)
    }
    expect(chat.history).toHaveLength(chatLimits.history)
    expect(chat.history.at(-1)?.text).toBe('message 59')
  })
})

describe('send', () => {
  test.each([
    ['nothing', ''],
    ['blanks', ' \n '],
    ['only control characters', '\u202e\u0007'],
  ])('refuses %s', (_, text) => {
    const { chat } = member(new SimClock())
    expect(() => chat.send(text)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  })

  test('takes 256 characters and no more, of any size', () => {
    const { chat } = member(new SimClock())
    expect(chat.send('💙'.repeat(256)).text).toHaveLength(512)
    expect(() => chat.send('a'.repeat(257))).toThrow(expect.objectContaining({ code: 'ERR_MESSAGE_TOO_BIG' }))
  })

  test('refuses too much in too short a time, and says how long to wait', async () => {
    const clock = new SimClock()
    const { chat } = member(clock)
    for (let i = 0; i < 5; i++) chat.send(`${i}`)
    expect(() => chat.send('5')).toThrow(expect.objectContaining({ code: 'ERR_STATE', hint: 'Wait 2 s.' }))
    await clock.advance(2000)
    chat.send('5')
  })

  test('cleans text and name', () => {
    const clock = new SimClock()
    const { chat } = member(clock, `\u202ebob${'b'.repeat(100)}`)
    expect(chat.name).toBe('bob'.padEnd(64, 'b'))
    expect(chat.send('one\ntwo \u001b[2J').text).toBe('one two [2J')
  })
})

/** A chat with one neighbour that the test plays. */
function played(clock = new SimClock()) {
  const self = member(clock)
  const session = runProtocol(self.chat.protocol, clock)
  return { ...self, ...session, clock }
}

describe('a hostile neighbour ends itself with', () => {
  const good = craft()
  const forged = (index: number, value: RlpInput): RlpInput[] => good.map((field, at) => (at === index ? value : field))
  const flipped = (bytes: Uint8Array) => bytes.map((byte, at) => (at === 10 ? byte ^ 1 : byte))
  const cases: [string, readonly [number, RlpInput | Uint8Array][]][] = [
    ['an unknown code', [[2, []]]],
    ['no RLP', [[ChatMsg.Message, Uint8Array.of(0xf8)]]],
    ['no list', [[ChatMsg.Message, 'hi']]],
    ['a forged text', [[ChatMsg.Message, forged(3, 'ho')]]],
    ['a forged name', [[ChatMsg.Message, forged(2, 'm')]]],
    ['a forged time', [[ChatMsg.Message, forged(1, new SimClock().wallTime() + 1)]]],
    ["another author's key", [[ChatMsg.Message, forged(0, publicKeyOf(newKey()))]]],
    ['a key that is none', [[ChatMsg.Message, forged(0, new Uint8Array(64))]]],
    ['a flipped signature', [[ChatMsg.Message, forged(4, flipped(good[4] as Uint8Array))]]],
    ['a signature of zeros', [[ChatMsg.Message, forged(4, new Uint8Array(64))]]],
    ['a short signature', [[ChatMsg.Message, forged(4, new Uint8Array(63))]]],
    ['a long text', [[ChatMsg.Message, craft({ text: 'x'.repeat(257) })]]],
    ['a text of too many bytes', [[ChatMsg.Message, craft({ text: 'x'.repeat(1025) })]]],
    ['a long name', [[ChatMsg.Message, craft({ name: 'x'.repeat(65) })]]],
    ['a text that is no UTF-8', [[ChatMsg.Message, forged(3, Uint8Array.of(0xc0, 0x80))]]],
    ['a time beyond numbers', [[ChatMsg.Message, forged(1, 2n ** 64n)]]],
    ['a field more', [[ChatMsg.Message, [...good, 1]]]],
    ['a field less', [[ChatMsg.Message, good.slice(0, 4)]]],
    [
      'a history after a message',
      [
        [ChatMsg.Message, good],
        [ChatMsg.History, []],
      ],
    ],
    [
      'two histories',
      [
        [ChatMsg.History, []],
        [ChatMsg.History, []],
      ],
    ],
    ['a history of 51', [[ChatMsg.History, Array.from({ length: 51 }, () => good)]]],
    ['a history with a forged message', [[ChatMsg.History, [good, forged(3, 'ho')]]]],
    ['a megabyte', [[ChatMsg.Message, new Uint8Array(2 ** 20)]]],
    ['a megabyte of history', [[ChatMsg.History, new Uint8Array(2 ** 20)]]],
  ]

  test.each(cases)('%s', async (_, messages) => {
    const { far, ended, clock, heard } = played()
    for (const [code, value] of messages) {
      await far.write(code, value instanceof Uint8Array ? value : encodeRlp(value))
      await clock.advance(10_000)
    }
    expect(ended()).toMatchObject({ code: expect.stringMatching(/^ERR_(PROTOCOL|INVALID)/) })
    expect(texts(heard)).not.toContain('ho')
    expect(clock.pendingTimers).toBe(0)
  })

  test('any bytes: an error of ours, or nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(3), fc.uint8Array({ maxLength: 300 }), async (code, payload) => {
        const { far, ended, heard, close } = played()
        await far.write(code, payload)
        await settle()
        const error = ended()
        if (error !== undefined) expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_/) })
        expect(heard).toEqual([])
        close()
      }),
      { numRuns: 100 },
    )
  })
})

describe('what is left out without a word', () => {
  const now = new SimClock().wallTime()
  test.each([
    ['a message of yesterday', craft({ time: now - chatLimits.maxAge - 1 })],
    ['a message of the future', craft({ time: now + chatLimits.maxAhead + 1 })],
    ['a message without visible text', craft({ text: '\u202e\u200b' })],
  ])('%s', async (_, message) => {
    const { far, ended, heard, close } = played()
    await far.send(ChatMsg.Message, message)
    await settle()
    expect(heard).toEqual([])
    expect(ended()).toBeUndefined()
    close()
  })

  test('the same message again, from whomever', async () => {
    const clock = new SimClock()
    const self = member(clock)
    const sessions = [runProtocol(self.chat.protocol, clock), runProtocol(self.chat.protocol, clock)]
    const message = craft()
    for (const { far } of [...sessions, ...sessions]) await far.send(ChatMsg.Message, message)
    await settle()
    expect(self.heard).toHaveLength(1)
    for (const session of sessions) session.close()
  })

  test('an author who talks faster than anyone types', async () => {
    const { far, heard, clock, close } = played()
    const key = newKey()
    for (let i = 0; i < 30; i++) await far.send(ChatMsg.Message, craft({ key, text: `${i}` }))
    await settle()
    expect(heard).toHaveLength(10)
    // Others are not held up by it.
    await far.send(ChatMsg.Message, craft({ text: 'from another' }))
    await settle()
    expect(heard.at(-1)?.text).toBe('from another')
    await clock.advance(3_000)
    for (let i = 30; i < 40; i++) await far.send(ChatMsg.Message, craft({ key, text: `${i}` }))
    await settle()
    expect(heard).toHaveLength(14)
    close()
  })
})

test('a neighbour is read no faster than its rate, whoever the authors claim to be', async () => {
  const { far, heard, clock, close } = played()
  let sent = 0
  const flood = async () => {
    for (let i = 0; i < 150; i++) {
      await far.send(ChatMsg.Message, craft({ text: `${i}` }))
      sent++
    }
  }
  const flooding = flood().catch(() => {})
  await settle(5_000)
  expect(heard.length).toBeLessThanOrEqual(101)
  expect(sent).toBeLessThanOrEqual(102)
  await clock.advance(1_000)
  expect(heard.length).toBeLessThanOrEqual(121)
  close()
  await flooding
})

test('for a neighbour that does not read, the oldest messages are left out', async () => {
  const clock = new SimClock()
  const self = member(clock)
  const slow = runProtocol(self.chat.protocol, clock)
  const talker = runProtocol(self.chat.protocol, clock)
  // 100 at once, 20 a second: the relay takes them all, the slow one reads nothing.
  for (let i = 0; i < chatLimits.outbox + 12; i++) {
    if (i === 100) await clock.advance(2_000)
    await talker.far.send(ChatMsg.Message, craft({ text: `${i}` }))
  }
  await settle()
  const told: string[] = []
  const reading = (async () => {
    for await (const { payload } of slow.far) told.push(bytesToHex(payload))
  })()
  await clock.advance(60_000)
  // One was on its way when the neighbour stopped to read.
  expect(told).toHaveLength(chatLimits.outbox + 1)
  slow.close()
  talker.close()
  await reading
})

test('whatever may be said arrives as it was sent', async () => {
  await fc.assert(
    fc.asyncProperty(anyText(60), async (text) => {
      const clock = new SimClock()
      const [alice, bob] = [member(clock, 'alice'), member(clock)]
      const { close } = link(alice, bob, clock)
      await settle()
      let sent: ChatMessage | undefined
      try {
        sent = alice.chat.send(text)
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_(INVALID_OPTION|MESSAGE_TOO_BIG)$/) })
      }
      await settle()
      expect(texts(bob.heard)).toEqual(sent === undefined ? [] : [sent.text])
      await close()
    }),
    { numRuns: 30 },
  )
})

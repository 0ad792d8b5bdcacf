import type { TracedMessage } from '@ethspan/core'
import { ChatMsg, PeersMsg } from '@ethspan/protocols'
import { describe, expect, test } from 'vitest'
import { MAX_GONE, MAX_PASSED, Timelines } from '../src/client/timeline.js'
import { codeText, messageName } from '../src/words/message-names.js'

const ping: TracedMessage = { direction: 'out', protocol: 'p2p', version: 5, code: 2, wireBytes: 3 }

describe('Timelines', () => {
  test('keep the messages of each peer in their order', () => {
    const timelines = new Timelines()
    timelines.began('a')
    timelines.began('b')
    timelines.note('a', ping, 1000)
    timelines.note('b', { ...ping, direction: 'in', code: 3 }, 1001)
    timelines.note('a', { direction: 'in', protocol: 'chat', version: 1, code: 1, wireBytes: 99 }, 1002)
    expect(timelines.of('a')).toEqual([
      { seq: 1, at: 1000, direction: 'out', protocol: 'p2p/5', code: 2, size: 3 },
      { seq: 2, at: 1002, direction: 'in', protocol: 'chat/1', code: 1, size: 99 },
    ])
    expect(timelines.of('b')).toHaveLength(1)
    expect(timelines.of('nobody')).toEqual([])
  })

  test('keep the last messages only', () => {
    const timelines = new Timelines()
    timelines.began('a')
    for (let n = 0; n < 5 * MAX_PASSED; n += 1) timelines.note('a', ping, n)
    const kept = timelines.of('a')
    expect(kept).toHaveLength(MAX_PASSED)
    expect(kept.at(-1)).toMatchObject({ seq: 5 * MAX_PASSED, at: 5 * MAX_PASSED - 1 })
  })

  test('end with the goodbye, and go on when the peer comes back', () => {
    const timelines = new Timelines()
    timelines.began('a')
    timelines.ended('a')
    timelines.note('a', { ...ping, code: 1 }, 1)
    timelines.began('a')
    timelines.note('a', ping, 2)
    expect(timelines.of('a').map(({ seq, code }) => [seq, code])).toEqual([
      [1, 1],
      [2, 2],
    ])
  })

  test('forget peers that are long gone, and know nothing of strangers', () => {
    const timelines = new Timelines()
    for (let n = 0; n <= MAX_GONE; n += 1) {
      timelines.began(`${n}`)
      timelines.note(`${n}`, ping, n)
      timelines.ended(`${n}`)
    }
    timelines.note('stranger', ping, 0)
    expect(timelines.of('0')).toEqual([])
    expect(timelines.of('1')).toHaveLength(1)
    expect(timelines.of('stranger')).toEqual([])
  })
})

describe('message names', () => {
  test.each([
    ['peers/1', PeersMsg],
    ['chat/1', ChatMsg],
    ['p2p/5', { Hello: 0, Disconnect: 1, Ping: 2, Pong: 3 }],
  ])('of %s are those of the protocol', (protocol, codes) => {
    for (const [name, code] of Object.entries(codes)) expect(messageName({ protocol, code })).toBe(name)
  })

  test('of what is not known are its code', () => {
    expect(messageName({ protocol: 'chat/1', code: 7 })).toBe('message 7')
    expect(messageName({ protocol: 'constructor', code: 0 })).toBe('message 0')
    expect(codeText(0)).toBe('0x00')
    expect(codeText(256)).toBe('0x100')
  })
})

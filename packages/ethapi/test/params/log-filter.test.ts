import { describe, expect, test } from 'vitest'
import { logFilter } from '../../src/params/log-filter.js'

const topic = (digits: string) => `0x${digits.repeat(32)}`
const bytes = (byte: number, length = 32) => new Uint8Array(length).fill(byte)
const ADDRESS = `0x${'aa'.repeat(20)}`

test('nothing is any log', () => {
  expect(logFilter({})).toEqual({ addresses: [], topics: [] })
})

test('one address or several', () => {
  const address = bytes(0xaa, 20)
  expect(logFilter({ address: ADDRESS }).addresses).toEqual([address])
  expect(logFilter({ address: [ADDRESS, ADDRESS] }).addresses).toEqual([address, address])
})

test('at each position one topic, one of several, or any', () => {
  const { topics } = logFilter({ topics: [topic('01'), [topic('02'), topic('03')], null, [topic('04'), null]] })
  expect(topics).toEqual([[bytes(1)], [bytes(2), bytes(3)], [], []])
})

test('a range or one block', () => {
  expect(logFilter({ fromBlock: '0x1', toBlock: 'latest' })).toMatchObject({ fromBlock: 1n, toBlock: 'latest' })
  expect(logFilter({ blockHash: topic('05') })).toMatchObject({ blockHash: bytes(5) })
})

describe('is refused', () => {
  test.each([
    ['no object', 'all', 'expected an object'],
    [
      'a block and a range',
      { blockHash: topic('05'), toBlock: '0x1' },
      'cannot specify both BlockHash and FromBlock/ToBlock',
    ],
    ['five positions', { topics: [null, null, null, null, null] }, 'exceed max topics'],
    ['a topic that is a number', { topics: [1] }, 'invalid topic(s)'],
    ['a short topic', { topics: ['0x12'] }, 'topics: hex string has length 2, want 64'],
    ['a short address', { address: '0x12' }, 'address: hex string has length 2, want 40'],
  ])('%s', (_, sent, why) => {
    expect(() => logFilter(sent)).toThrow(why)
  })
})

import { describe, expect, test } from 'vitest'
import { blockNumber, blockSelector } from '../../src/params/block.js'

const HASH = `0x${'12'.repeat(32)}`
const hash = new Uint8Array(32).fill(0x12)

test.each(['latest', 'safe', 'finalized', 'pending', 'earliest'])('%s stands for a block', (tag) => {
  expect(blockNumber(tag)).toBe(tag)
  expect(blockSelector(tag)).toBe(tag)
  expect(blockSelector({ blockNumber: tag })).toBe(tag)
})

describe('a block is named by', () => {
  test.each([
    ['its number', '0x10', 16n],
    ['its hash', HASH, { hash, requireCanonical: false }],
    ['an object with its hash', { blockHash: HASH }, { hash, requireCanonical: false }],
    ['one that has to be canonical', { blockHash: HASH, requireCanonical: true }, { hash, requireCanonical: true }],
    ['an object with its number', { blockNumber: '0x1' }, 1n],
  ])('%s', (_, sent, expected) => {
    expect(blockSelector(sent)).toEqual(expected)
  })
})

describe('a block is not named by', () => {
  test.each([
    ['both', { blockHash: HASH, blockNumber: '0x1' }, 'cannot specify both BlockHash and BlockNumber'],
    ['neither', {}, 'must specify either BlockHash or BlockNumber'],
    ['a number that is none', 1, 'expected an object'],
    ['a word', 'newest', 'hex string without 0x prefix'],
    ['a list', [HASH], 'expected an object'],
    ['a wrong field', { blockHash: '0x12' }, 'blockHash: hex string has length 2, want 64'],
  ])('%s', (_, sent, why) => {
    expect(() => blockSelector(sent)).toThrow(why)
  })
})

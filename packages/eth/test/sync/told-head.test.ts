import { decodeHeader, encodeHeader, type HeaderFields } from '@ethspan/chain'
import { memoryChain, TEST_GENESIS_TIME, testBlocks } from '@ethspan/chain/testing'
import { SimClock } from '@ethspan/core/testing'
import { expect, test } from 'vitest'
import { MAX_AHEAD_SECONDS, MAX_TOLD_HEADERS } from '../../src/index.js'
import { checkToldHead } from '../../src/sync/told-head.js'

/** Far enough from the genesis block for more headers than are fetched. */
const clock = new SimClock(0, Number(TEST_GENESIS_TIME + 2n * MAX_TOLD_HEADERS) * 1000)
const now = BigInt(clock.wallTime() / 1000)

async function told(fields: Partial<HeaderFields>) {
  const [block] = await testBlocks({ count: 1, transactions: 0 })
  return decodeHeader(encodeHeader({ ...block!.header, ...fields }))
}

async function outcome(fields: Partial<HeaderFields>, keep?: number): Promise<string> {
  const header = await told(fields)
  const chain = await memoryChain()
  try {
    checkToldHead(header, { chain, clock, keep })
    return 'taken'
  } catch (error) {
    const { code, fields } = error as { code: string; fields: { field: string } }
    return `${code} ${fields.field}`
  }
}

const refusedNumber = 'ERR_INVALID_BLOCK number'
test.each<[string, Partial<HeaderFields>, string]>([
  ['of now', { number: 1000n, time: now }, 'taken'],
  ['as high as its seconds', { number: 1000n, time: TEST_GENESIS_TIME + 1000n }, 'taken'],
  ['with more blocks than seconds', { number: 1001n, time: TEST_GENESIS_TIME + 1000n }, refusedNumber],
  ['before the genesis block', { number: 1n, time: TEST_GENESIS_TIME - 1n }, refusedNumber],
  ['a little ahead of the clock', { number: 1n, time: now + MAX_AHEAD_SECONDS }, 'taken'],
  ['far ahead of the clock', { number: 1n, time: now + MAX_AHEAD_SECONDS + 1n }, 'ERR_INVALID_BLOCK time'],
  ['of as many headers as are fetched', { number: MAX_TOLD_HEADERS, time: now }, 'taken'],
  ['of more headers than are fetched', { number: MAX_TOLD_HEADERS + 1n, time: now }, refusedNumber],
])('a head %s is judged: %o', async (_, fields, expected) => {
  expect(await outcome(fields)).toBe(expected)
})

test('where only the newest blocks are kept a head may be as high as it likes', async () => {
  expect(await outcome({ number: MAX_TOLD_HEADERS + 1n, time: now }, 1024)).toBe('taken')
})

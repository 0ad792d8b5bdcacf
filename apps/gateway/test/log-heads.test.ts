import { memoryChain, testBlocks } from '@ethspan/chain/testing'
import type { LogFields } from '@ethspan/core'
import { SimClock } from '@ethspan/core/testing'
import { expect, test } from 'vitest'
import { logHeads } from '../src/chain/log-heads.js'

async function setUp() {
  const chain = await memoryChain()
  const clock = new SimClock()
  const lines: string[] = []
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      const { number, blocks, removed } = fields
      lines.push([level, message, number, blocks ?? removed].filter((part) => part !== undefined).join(' '))
    }
  const log = { trace: at('trace'), debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  const stop = new AbortController()
  logHeads(chain, { log, clock, signal: stop.signal })
  const extend = async (blocks: Awaited<ReturnType<typeof testBlocks>>) => {
    await chain.putBlocks(blocks)
    await chain.setHead(blocks.at(-1)!.hash)
  }
  return { lines, clock, stop, extend }
}

test('a block with transactions is news, one without is for those who debug', async () => {
  const { lines, extend } = await setUp()
  const [empty] = await testBlocks({ count: 1, transactions: 0 })
  await extend([empty!])
  await extend(await testBlocks({ count: 1, parent: empty! }))
  expect(lines).toEqual(['debug new block 1', 'info new block 2'])
})

test('many blocks are told now and then, with how many came', async () => {
  const { lines, clock, extend } = await setUp()
  const blocks = await testBlocks({ count: 12, transactions: 0 })
  await extend(blocks.slice(0, 4))
  await extend(blocks.slice(4, 8))
  await clock.advance(8_000)
  await extend(blocks.slice(8))
  expect(lines).toEqual(['info new blocks 4 4', 'info new blocks 12 8'])
})

test('a reorg is a warning', async () => {
  const { lines, extend } = await setUp()
  await extend(await testBlocks({ count: 1, transactions: 0 }))
  await extend(await testBlocks({ count: 2, transactions: 0, extra: 'other' }))
  expect(lines).toContain('warn chain reorg 2 1')
})

test('nothing is said once the signal has fired', async () => {
  const { lines, stop, extend } = await setUp()
  stop.abort()
  await extend(await testBlocks({ count: 1 }))
  expect(lines).toEqual([])
})

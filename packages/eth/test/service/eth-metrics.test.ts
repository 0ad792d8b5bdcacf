import { memoryChain, testBlocks } from '@ethspan/chain/testing'
import type { Metrics } from '@ethspan/node'
import { expect, test } from 'vitest'
import { connect, follower } from '../net.js'

/** Keeps what was counted by name. */
function testMetrics() {
  const values = new Map<string, number>()
  const updates: (() => void)[] = []
  const metrics: Metrics = {
    counter: (name) => ({ add: (amount = 1) => values.set(name, (values.get(name) ?? 0) + amount) }),
    gauge: (name) => ({ set: (value) => values.set(name, value) }),
    onRead: (update) => updates.push(update),
  }
  const read = () => {
    for (const update of updates) update()
    return Object.fromEntries(values)
  }
  return { metrics, read }
}

test('what was fetched, served and is missing is counted', async () => {
  const blocks = await testBlocks({ count: 30, transactions: 1 })
  const chain = await memoryChain({ blocks })
  const theirs = testMetrics()
  const source = await follower({ chain, metrics: theirs.metrics })
  const { metrics, read } = testMetrics()
  const ours = await follower({ metrics })
  connect(ours.node, source.node)
  await ours.sync(blocks.at(-1)!)
  const first = read()
  expect(first).toMatchObject({
    'eth/peers': 1,
    // The target, and all below it.
    'eth/downloader/headers/in': 30,
    'eth/downloader/bodies/in': 30,
    'eth/downloader/receipts/in': 30,
    'eth/downloader/missing': 0,
    'eth/downloader/waiting': 0,
  })
  expect(first['eth/downloader/bodies/bytes']).toBe(blocks.reduce((sum, { body }) => sum + body.raw.length, 0))
  expect(theirs.read()['eth/serve/answers']).toBe(
    first['eth/downloader/headers/req']! + first['eth/downloader/bodies/req']! + first['eth/downloader/receipts/req']!,
  )
  expect(read(), 'nothing is counted twice').toEqual(first)
})

import { expect, test } from 'vitest'
import { examplesOf, run } from './examples.js'

test('the example of docs/ethstats.md: a node reports to a server', async () => {
  const [example, ...more] = (await examplesOf('docs/ethstats.md')) as [string]
  expect(more).toEqual([])
  const printed = await run('ethstats', example, 'done\n')
  expect(printed).toBe('my-node of network 1 is at block 0\ndone\n')
})

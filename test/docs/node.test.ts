import { expect, test } from 'vitest'
import { examplesOf, run } from './examples.js'

test('the services of docs/node.md: two nodes greet each other, and again after a restart by themselves', async () => {
  const [example, ...more] = (await examplesOf('docs/node.md')) as [string]
  expect(more).toEqual([])
  const printed = await run('services', example, 'done\n')
  expect(printed.match(/alice heard 6 bytes from bob\/v/g)).toHaveLength(2)
  expect(printed.match(/starts: 1/g)).toHaveLength(2)
  expect(printed.match(/starts: 2/g)).toHaveLength(2)
  expect(printed).toContain('done')
})

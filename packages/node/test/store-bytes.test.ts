import { expect, test } from 'vitest'
import { memoryStore } from '../src/memory.js'
import { plainBytes, storeError } from '../src/store-bytes.js'

/** As `abstract-level` fails: why is in the cause. */
const failed = (cause: Error) => Object.assign(new Error('Database failed', { cause }), { code: 'LEVEL_IO_ERROR' })

test.each<[string, Error, string]>([
  ['LevelDB', new Error('IO error: /d/000003.log: No space left on device'), 'no space left'],
  ['LevelDB with a quota', new Error('IO error: Disk quota exceeded'), 'no space left'],
  ['LevelDB with a limit', new Error('IO error: File too large'), 'no space left'],
  ['a browser', Object.assign(new Error('oh'), { name: 'QuotaExceededError' }), 'no space left'],
  ['whatever else', new Error('Corruption:\n  bad block'), 'Corruption: bad block'],
])('a failure is told in one line by its first cause: %s', (_, cause, why) => {
  const error = storeError("can't write the states", 'the states are', failed(failed(cause)))
  expect([error.code, error.message]).toEqual(['ERR_DATA_DIR', `can't write the states: ${why}`])
  expect(error.hint).toMatch(why === 'no space left' ? /^Free some space/ : /^See whether the disk/)
})

test('that somebody has closed the store is no failure of the disk', async () => {
  const store = memoryStore()
  await store.close()
  const cause = await store.get('key').catch((error: unknown) => error)
  const error = storeError("can't read the states", 'the states are', cause)
  expect([error.code, error.message]).toEqual(['ERR_CLOSED', 'the states are closed'])
})

test('bytes are a plain view of what the store gave', () => {
  const buffer = Buffer.from([1, 2, 3]).subarray(1)
  const bytes = plainBytes(buffer)
  expect(bytes.constructor).toBe(Uint8Array)
  expect([...bytes]).toEqual([2, 3])
  expect(bytes.buffer).toBe(buffer.buffer)
  expect(plainBytes(bytes)).toBe(bytes)
})

// How states are written: what a crash can leave, and what it can't.
import { bytesToHex } from '@ethspan/core'
import { memoryStore } from '@ethspan/node/memory'
import { expect, test } from 'vitest'
import { faucetAddress, openExecution } from '../../src/index.js'
import { testChain } from '../support.js'

interface Write {
  readonly keys: readonly string[]
  readonly isSynced: boolean
}

type Batch = (operations: unknown[], options: Readonly<Record<string, unknown>>) => Promise<void>

/** A store that tells its writes. */
function watchedStore() {
  const store = memoryStore()
  const writes: Write[] = []
  const batch = store.batch.bind(store) as Batch
  const watched: Batch = (operations, options) => {
    writes.push({ keys: (operations as { key: string }[]).map(({ key }) => key), isSynced: options.sync === true })
    return batch(operations, options)
  }
  return { store: Object.assign(store, { batch: watched }), writes }
}

test('a state is on disk when it is told to be, and comes in one write with what it is made of', async () => {
  const { store, writes } = watchedStore()
  const made = await testChain()
  const block = await made.mine()
  const execution = await openExecution({ store, spec: made.spec, chain: made.chain })
  expect(writes.every(({ isSynced }) => isSynced)).toBe(true)
  writes.length = 0
  await execution.execute(block, made.spec.genesis.header)
  expect(writes).toHaveLength(1)
  const [{ keys, isSynced }] = writes as [Write]
  expect(isSynced).toBe(true)
  expect(keys.filter((key) => key.startsWith('block/'))).toEqual([`block/${bytesToHex(block.hash)}`])
  expect(keys.filter((key) => key.startsWith('g')).length).toBeGreaterThan(1)
})

test('what is dropped is told to be so on disk, before any of it goes', async () => {
  const { store, writes } = watchedStore()
  const cleared: number[] = []
  const clear = store.clear.bind(store) as (range: object) => Promise<void>
  Object.assign(store, {
    clear: (range: object) => {
      cleared.push(writes.length)
      return clear(range)
    },
  })
  const test = await testChain({ keepStates: 4, states: store })
  writes.length = cleared.length = 0
  for (let i = 0; i < 12; i++) await test.mine()
  expect(cleared.length).toBeGreaterThan(0)
  for (const at of cleared) expect(writes[at - 1]).toEqual({ keys: ['generations'], isSynced: true })
})

test('what a process left that ended while it dropped states is removed by the next', async () => {
  const store = memoryStore()
  const test = await testChain({ keepStates: 4, states: store })
  const real = store.clear.bind(store)
  Object.assign(store, { clear: () => Promise.reject(new Error('killed')) })
  for (let i = 0; i < 9; i++) await test.mine()
  const oldest = async () => (await store.keys({ gte: 'g0', lt: 'g:' }).all())[0]!.slice(0, 11)
  expect(await oldest()).toBe('g0000000000')
  Object.assign(store, { clear: real })
  const { chain, spec } = test
  const execution = await openExecution({ store, spec, chain, keepStates: 4 })
  expect(await oldest()).toBe('g0000000001')
  expect(await execution.account(chain.head().header, faucetAddress)).toMatchObject({ balance: 10n ** 27n })
})

// Stores that fail to write, or are slow to.
import { deferred, equalBytes, type Logger, silentLogger } from '@ethspan/core'
import type { Store } from '@ethspan/node'
import { memoryStore } from '@ethspan/node/memory'
import { expect, test } from 'vitest'
import { openChain, transactionHash } from '../../src/index.js'
import { blockKey, canonicalKey, transactionKey } from '../../src/store/layout.js'
import { testBlocks, testSpec, testTransaction } from '../../src/testing/index.js'

type Batch = (operations: unknown[], options: Readonly<Record<string, unknown>>) => Promise<void>

/** A store in memory whose batches go through `between`. */
function storeWith(
  between: (write: () => Promise<void>, options: Readonly<Record<string, unknown>>) => Promise<void>,
): Store {
  const store = memoryStore()
  const batch = store.batch.bind(store) as Batch
  return Object.assign(store, {
    batch: ((operations, options) => between(() => batch(operations, options), options)) as Batch,
  })
}

/** Batches fail with this error while it is set. */
function failingStore() {
  const state: { error: Error | undefined; writes: number } = { error: undefined, writes: 0 }
  const store = storeWith(async (write) => {
    state.writes++
    if (state.error !== undefined) throw state.error
    await write()
  })
  return { store, state }
}

const spec = testSpec()
const quota = () =>
  Object.assign(new Error('The current transaction exceeded its quota'), { name: 'QuotaExceededError' })

test('a head that can’t be written stays unset and untold, and can be set later', async () => {
  const { store, state } = failingStore()
  const chain = await openChain({ store, spec })
  const blocks = await testBlocks({ spec, count: 3 })
  await chain.putBlocks(blocks)
  let events = 0
  chain.addEventListener('head', () => void events++)
  state.error = quota()
  await expect(chain.setHead(blocks[2]!.hash)).rejects.toMatchObject({
    code: 'ERR_DATA_DIR',
    message: "can't write the chain's store: no space left",
  })
  expect([chain.head().number, await chain.canonicalHash(1n), events]).toEqual([0n, undefined, 0])
  state.error = undefined
  await chain.setHead(blocks[2]!.hash)
  expect([chain.head().number, events]).toEqual([3n, 1])
})

test('blocks that can’t be written are not known', async () => {
  const { store, state } = failingStore()
  const chain = await openChain({ store, spec })
  const blocks = await testBlocks({ spec, count: 2 })
  state.error = new Error('disk on fire')
  await expect(chain.putBlocks(blocks)).rejects.toMatchObject({
    code: 'ERR_DATA_DIR',
    message: "can't write the chain's store: disk on fire",
    hint: 'See whether the disk is in order, and start again.',
  })
  expect(await chain.header(blocks[0]!.hash)).toBe(undefined)
  await expect(chain.rebase(blocks[1]!)).rejects.toMatchObject({ code: 'ERR_DATA_DIR' })
  expect([chain.head().number, chain.earliest()]).toEqual([0n, 0n])
})

test('pruning that fails is logged, harms no head, and is done with the next one', async () => {
  const { store, state } = failingStore()
  const warnings: string[] = []
  const log: Logger = { ...silentLogger, warn: (message) => void warnings.push(message) }
  const chain = await openChain({ store, spec, keep: 2, log })
  const blocks = await testBlocks({ spec, count: 6 })
  await chain.putBlocks(blocks)
  const failLater = () => {
    state.error = quota()
  }
  chain.addEventListener('head', failLater, { once: true })
  await chain.setHead(blocks[4]!.hash)
  expect([chain.head().number, chain.earliest(), warnings]).toEqual([5n, 0n, ["can't prune the chain"]])
  state.error = undefined
  await chain.setHead(blocks[5]!.hash)
  expect([chain.head().number, chain.earliest()]).toEqual([6n, 5n])
})

test('a chain that begins anew below its head, and is not cleaned up after that, is clean before its head goes up again', async () => {
  const { store, state } = failingStore()
  const chain = await openChain({ store, spec })
  const [old, fresh] = [
    await testBlocks({ spec, count: 9 }),
    await testBlocks({ spec, count: 9, extra: 'fresh', transactions: 1 }),
  ]
  await chain.putBlocks([...old, ...fresh])
  await chain.setHead(old[8]!.hash)
  const failLater = () => {
    state.error = quota()
  }
  chain.addEventListener('head', failLater, { once: true })
  await chain.rebase(fresh[2]!)
  // One at a number that the new chain comes to as well, one above.
  const transactions = [old[4]!, old[7]!].map(({ body }) => transactionHash(body.transactions[1]!))
  const stored = () => store.getMany<Uint8Array, Uint8Array>(transactions.map(transactionKey), asBytes)
  expect((await stored()).map((place) => place !== undefined)).toEqual([true, true])
  const told = await Promise.all(transactions.map((transaction) => chain.transactionPlace(transaction)))
  expect([await chain.canonicalHash(8n), ...told]).toEqual([undefined, undefined, undefined])

  await expect(chain.setHead(fresh[4]!.hash)).rejects.toMatchObject({ code: 'ERR_DATA_DIR' })
  expect(chain.head().number).toBe(3n)
  state.error = undefined
  await chain.setHead(fresh[4]!.hash)
  expect(await stored()).toEqual([undefined, undefined])
  const numbers = await Promise.all(
    [4n, 5n, 6n].map((number) => store.get<Uint8Array, Uint8Array>(canonicalKey(number), asBytes)),
  )
  expect(numbers).toEqual([fresh[3]!.hash, fresh[4]!.hash, undefined])
})

test('a step that can’t be written leaves the steps before it', async () => {
  const { store, state } = failingStore()
  const chain = await openChain({ store, spec })
  const blocks = await testBlocks({ spec, count: 1100, transactions: 0, withdrawals: 0 })
  await chain.putBlocks(blocks)
  chain.addEventListener('head', () => {
    state.error = quota()
  })
  await expect(chain.setHead(blocks.at(-1)!.hash)).rejects.toMatchObject({ code: 'ERR_DATA_DIR' })
  expect([chain.head().number, (await openChain({ store, spec })).head().number]).toEqual([1024n, 1024n])
})

test('numbers without blocks cost nothing, where a chain begins anew far ahead and far below', async () => {
  const store = memoryStore()
  let reads = 0
  for (const name of ['get', 'getMany', 'keys'] as const) {
    const read = store[name].bind(store) as (...args: unknown[]) => unknown
    Object.assign(store, {
      [name]: (...args: unknown[]) => {
        // Half way through the numbers it would not end today.
        if (++reads > 10_000) throw new Error('reads without end')
        return read(...args)
      },
    })
  }
  const chain = await openChain({ store, spec })
  const near = await testBlocks({ spec, count: 3 })
  await chain.putBlocks(near)
  await chain.setHead(near[2]!.hash)
  const [at] = near
  const far = await testBlocks({
    spec,
    count: 40,
    parent: { ...at!, header: { ...at!.header, number: 23_000_000n } },
    extra: 'far',
  })
  await chain.rebase(far[0]!)
  await chain.putBlocks(far.slice(1))
  await chain.setHead(far[39]!.hash)
  // All that is to be pruned is gone by now, so the next write does not wait for anything.
  await chain.putBlocks([])
  expect([chain.earliest(), await chain.header(near[1]!.hash)]).toEqual([23_000_001n, undefined])
  expect(reads).toBeLessThan(300)
  reads = 0
  await chain.rebase(near[0]!)
  await chain.putBlocks(near.slice(1))
  await chain.setHead(near[2]!.hash)
  await chain.putBlocks([])
  expect([chain.head().number, chain.earliest()]).toEqual([3n, 1n])
  expect(reads).toBeLessThan(300)
})

test('every write is asked to be on disk', async () => {
  const asked: unknown[] = []
  const store = storeWith(async (write, { sync }) => {
    asked.push(sync)
    await write()
  })
  const chain = await openChain({ store, spec, keep: 2 })
  const blocks = await testBlocks({ spec, count: 4 })
  await chain.putBlocks(blocks)
  await chain.setHead(blocks[3]!.hash)
  await chain.rebase(blocks[3]!)
  await chain.setFinality({ safe: blocks[3]!.hash })
  expect(asked.length).toBeGreaterThan(4)
  expect(new Set(asked)).toEqual(new Set([true]))
})

test('what is read by number while a head is on its way to the disk waits for it', async () => {
  const { promise: onDisk, resolve } = deferred<void>()
  let slow = false
  const store = storeWith(async (write) => {
    await write()
    if (slow) await onDisk
  })
  const chain = await openChain({ store, spec })
  const [a, b] = [await testBlocks({ spec, count: 2, extra: 'a' }), await testBlocks({ spec, count: 2, extra: 'b' })]
  await chain.putBlocks([...a, ...b])
  await chain.setHead(a[1]!.hash)
  slow = true
  const setting = chain.setHead(b[1]!.hash)
  // Asked once the batch is in the store, but not acknowledged.
  const stored = async () => await store.get<Uint8Array, Uint8Array>(canonicalKey(2n), asBytes)
  for (let hash = await stored(); hash === undefined || !equalBytes(hash, b[1]!.hash); ) hash = await stored()
  expect(chain.head().hash).toEqual(a[1]!.hash)
  let told = false
  const reading = chain.canonicalHash(2n).then((hash) => {
    told = true
    return hash
  })
  for (let i = 0; i < 20; i++) await Promise.resolve()
  expect(told).toBe(false)
  resolve()
  expect(await reading).toEqual(b[1]!.hash)
  await setting
})

test('a transaction that a reorg takes from one block to another is found at any time', async () => {
  const [isAsked, mayWrite] = [deferred<void>(), deferred<void>()]
  let slow = false
  const store = storeWith(async (write) => {
    if (slow) {
      isAsked.resolve()
      await mayWrite.promise
    }
    await write()
  })
  const chain = await openChain({ store, spec })
  const sent = testTransaction({ nonce: 0n })
  const [a, b] = await Promise.all(
    [1n, 2n].map((at) =>
      testBlocks({ spec, count: 2, extra: `${at}`, transactions: (number) => (number === at ? [sent] : []) }),
    ),
  )
  await chain.putBlocks([...a!, ...b!])
  await chain.setHead(a![1]!.hash)
  slow = true
  const setting = chain.setHead(b![1]!.hash)
  await isAsked.promise
  const reading = chain.transactionPlace(transactionHash(sent))
  // When this one is answered, that one has read where the transaction was, and waits for the head.
  await store.get(transactionKey(transactionHash(sent)), asBytes)
  mayWrite.resolve()
  expect(await reading).toMatchObject({ number: 2n, hash: b![1]!.hash })
  await setting
})

test('a header that is pruned while it is read is not remembered', async () => {
  const store = memoryStore()
  const blocks = await testBlocks({ spec, count: 6 })
  const before = await openChain({ store, spec })
  await before.putBlocks(blocks)
  await before.setHead(blocks[1]!.hash)
  await before.close()

  const chain = await openChain({ store, spec, keep: 2 })
  const [isRead, isPruned] = [deferred<void>(), deferred<void>()]
  const [slow, get] = [blockKey('header', { number: 1n, hash: blocks[0]!.hash }), store.get.bind(store)]
  const slowly: typeof get = async (key: unknown, ...rest: readonly unknown[]) => {
    const value = await (get as (...args: readonly unknown[]) => Promise<Uint8Array>)(key, ...rest)
    if (equalBytes(key as Uint8Array, slow)) {
      isRead.resolve()
      await isPruned.promise
    }
    return value
  }
  Object.assign(store, { get: slowly })
  const reading = chain.header(blocks[0]!.hash)
  await isRead.promise
  await chain.setHead(blocks[5]!.hash)
  expect(chain.earliest()).toBe(5n)
  isPruned.resolve()
  await reading
  expect(await chain.header(blocks[0]!.hash)).toBe(undefined)
})

const asBytes = { keyEncoding: 'view', valueEncoding: 'view' } as const

import { type ChainHead, chainCommon, HeadEvent } from '@ethspan/chain'
import { deferred, systemClock } from '@ethspan/core'
import { settle } from '@ethspan/core/testing'
import { expect, test } from 'vitest'
import { LogFollower } from '../../src/eth/log-follower.js'
import { defaultEthApiLimits } from '../../src/limits.js'
import { Lru } from '../../src/lru.js'
import { listener, startApi } from '../support.js'

const BACKLOG = 20

async function follow(held: Promise<void>, signal = new AbortController().signal) {
  const { chain, blocks } = await startApi({ blocks: { count: 3 } })
  const log = listener()
  const reads: bigint[] = []
  const backend = {
    chain: Object.assign(Object.create(chain), {
      receipts: async (hash: Uint8Array) => {
        await held
        const receipts = await chain.receipts(hash)
        reads.push((await chain.block(hash))!.header.number)
        return receipts
      },
      block: (hash: Uint8Array) => chain.block(hash),
    }),
    common: chainCommon(chain.config),
    pool: undefined,
    state: undefined,
    sync: undefined,
    limits: defaultEthApiLimits,
    senders: new Lru<string, Uint8Array>(10),
    clock: systemClock,
    log,
  }
  const told: unknown[] = []
  const match = { addresses: [], topics: [] }
  const follower = new LogFollower(backend, {
    match,
    wants: () => true,
    notify: (it) => told.push(it),
    signal,
    backlog: BACKLOG,
  })
  const heads = blocks.map(
    ({ hash, header }): ChainHead => ({ hash, header, number: header.number, time: header.time }),
  )
  return { follower, heads, told, reads, log }
}

test('who reads too slowly loses the oldest blocks, and the log says so', async () => {
  const gate = deferred<void>()
  const { follower, heads, reads, log } = await follow(gate.promise)
  const many = (head: ChainHead, count: number) => new HeadEvent(head, Array<ChainHead>(count).fill(head), [])
  follower.follow(many(heads[0]!, 1))
  follower.follow(many(heads[1]!, 5))
  follower.follow(many(heads[2]!, BACKLOG))
  expect(log.lines).toEqual(['a log subscription lags behind; blocks are left out'])
  gate.resolve()
  while (reads.length < BACKLOG + 1) await settle()
  expect(reads[0]).toBe(1n)
  expect(new Set(reads.slice(1))).toEqual(new Set([3n]))
})

test('nothing is told after the signal, also of what was under way', async () => {
  const gate = deferred<void>()
  const abort = new AbortController()
  const { follower, heads, told } = await follow(gate.promise, abort.signal)
  follower.follow(new HeadEvent(heads[2]!, heads, []))
  abort.abort()
  gate.resolve()
  await settle()
  expect(told).toEqual([])
})

import { DiscReason, type EthspanError } from '@ethspan/core'
import { messagePipe, SimClock } from '@ethspan/core/testing'
import { describe, expect, test } from 'vitest'
import {
  decodeStatus,
  type EthChain,
  EthMsg,
  type EthVersion,
  encodeStatus,
  HANDSHAKE_TIMEOUT_MS,
  handshake,
  localStatus,
  type Status69,
} from '../src/index.js'
import { testChain } from './support.js'

const versions = [68, 69, 70, 71] as const

function start(version: EthVersion, chain: EthChain = testChain(), signal?: AbortSignal) {
  const clock = new SimClock()
  const [near, far] = messagePipe(clock)
  const done = handshake(near, { version, chain, clock, ...(signal === undefined ? {} : { signal }) })
  // Each test looks at it in the end; until then its failure is no news.
  done.catch(() => undefined)
  return { clock, far, done, chain }
}

/** Gives our side this Status, and takes what it sends. */
async function tell(version: EthVersion, change: (status: Status69) => object) {
  const { far, done, chain, clock } = start(version)
  const status = localStatus(version, chain) as Status69
  await Promise.all([far.read(), far.write(EthMsg.Status, encodeStatus({ ...status, ...change(status) } as Status69))])
  return { done, clock }
}

test.each(versions)('two nodes of eth/%i with one chain get on', async (version) => {
  const { far, done, chain, clock } = start(version)
  const other = handshake(far, { version, chain, clock })
  expect(await done).toEqual(localStatus(version, chain))
  expect(await other).toEqual(await done)
  expect(clock.pendingTimers).toBe(0)
})

test('what is sent is the state of the chain', async () => {
  const { far, chain } = start(70)
  const { code, payload } = await far.read()
  expect(code).toBe(EthMsg.Status)
  const { number, hash } = chain.head()
  expect(decodeStatus(payload, 70)).toMatchObject({
    version: 70,
    networkId: 1337n,
    range: { earliest: 0n, latest: number, latestHash: hash },
  })
})

describe('a peer is refused', () => {
  const hash = new Uint8Array(32).fill(1)
  const range = { earliest: 0n, latest: 5n, latestHash: hash }
  const wrong: [string, (status: Status69) => object, RegExp][] = [
    ['on another network', () => ({ networkId: 1n }), /network 1, not 1337/],
    ['that speaks another version', () => ({ version: 66 }), /version 66/],
    ['with another genesis block', () => ({ genesisHash: hash }), /genesis block 0101/],
    ['on another fork', (status) => ({ forkId: { ...status.forkId, hash: 1 } }), /local-incompatible-or-stale/],
  ]
  test.each(wrong)('%s', async (_, change, why) => {
    for (const version of versions) {
      const { done, clock } = await tell(version, change)
      const error = await done.catch((error: EthspanError) => error)
      expect(error).toMatchObject({ reason: DiscReason.SubprotocolError, side: 'local' })
      expect((error as Error).message).toMatch(why)
      expect(clock.pendingTimers).toBe(0)
    }
  })

  test.each([
    ['that ends before it begins', { ...range, earliest: 6n }],
    ['without a hash', { ...range, latestHash: new Uint8Array(32) }],
  ])('with a range %s', async (_, range) => {
    const { done } = await tell(69, () => ({ range }))
    await expect(done).rejects.toMatchObject({ reason: DiscReason.SubprotocolError, side: 'local' })
  })

  test('whose first message is no Status', async () => {
    const { far, done } = start(69)
    await Promise.all([far.read(), far.send(EthMsg.Transactions, [])])
    await expect(done).rejects.toThrow(/sent Transactions before Status/)
  })

  test('whose Status is no RLP', async () => {
    const { far, done } = start(69)
    await Promise.all([far.read(), far.write(EthMsg.Status, Uint8Array.of(0xc1))])
    await expect(done).rejects.toMatchObject({ code: 'ERR_INVALID_RLP' })
  })
})

describe('a peer is not waited for', () => {
  test('once five seconds have passed', async () => {
    const { clock, far, done } = start(69)
    await far.read()
    await clock.advance(HANDSHAKE_TIMEOUT_MS)
    await expect(done).rejects.toMatchObject({ reason: DiscReason.ReadTimeout, side: 'local' })
  })

  test('that does not take our Status', async () => {
    const { clock, far, done, chain } = start(69)
    await far.write(EthMsg.Status, encodeStatus(localStatus(69, chain)))
    await clock.advance(HANDSHAKE_TIMEOUT_MS)
    await expect(done).rejects.toMatchObject({ reason: DiscReason.ReadTimeout })
  })

  test('once the signal fires', async () => {
    const abort = new AbortController()
    const { clock, done } = start(69, testChain(), abort.signal)
    abort.abort()
    await expect(done).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    expect(clock.pendingTimers).toBe(0)
    await expect(start(69, testChain(), abort.signal).done).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  })
})

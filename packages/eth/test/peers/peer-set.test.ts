import { DisconnectError, DiscReason, EthspanError } from '@ethspan/core'
import { SimClock, settle } from '@ethspan/core/testing'
import { expect, test } from 'vitest'
import {
  BAD_PEER_BAN_MS,
  type BlockRange,
  EthMsg,
  type EthPeer,
  MAX_BANNED_PEERS,
  PeerSet,
  type Question,
} from '../../src/index.js'
import { FULL_SCORE, SCORE } from '../../src/peers/rated-peer.js'
import { TestLog, testEnode } from '../net.js'

interface TestPeer extends EthPeer {
  readonly failures: Error[]
}

function testPeer({ range, trusted = false }: { range?: BlockRange; trusted?: boolean } = {}): TestPeer {
  const enode = testEnode()
  const failures: Error[] = []
  const fail = (error: Error) => failures.push(error)
  // What the set looks at in a peer.
  return { id: enode.id, range, version: 69, peer: { enode, trusted }, fail, failures } as unknown as TestPeer
}

function start() {
  const clock = new SimClock()
  const set = new PeerSet(clock)
  const log = new TestLog()
  set.log = log
  const eth = testPeer()
  return { clock, set, log, eth, peer: set.add(eth) }
}

/** Asks for ten items; the answer is what `send` gives. */
const question = (send: () => Promise<number[]>, rest: Partial<Question<number[]>> = {}): Question<number[]> => ({
  kind: 'bodies',
  items: 10,
  send,
  size: (answer) => ({ items: answer.length, bytes: 100 * answer.length }),
  ...rest,
})

const timeout = () => Promise.reject(new EthspanError('ERR_TIMEOUT', 'late'))
const full = () => Promise.resolve(Array<number>(10).fill(1))

test('good answers keep the score up, and it has a top', async () => {
  const { set, peer } = start()
  await set.ask(peer, question(full))
  expect(peer.score).toBe(FULL_SCORE)
  expect(set.counts.bodies).toEqual({ asked: 1, items: 10, bytes: 1000, timeouts: 0, empty: 0 })
})

test.each<[string, () => Promise<number[]>]>([
  ['an answer in part', () => Promise.resolve([1, 2, 3])],
  ['an empty answer', () => Promise.resolve([])],
  ['no answer', timeout],
])('%s lowers the score', async (_, send) => {
  const { set, peer } = start()
  await set.ask(peer, question(send))
  expect(peer.score).toBeLessThan(FULL_SCORE)
})

test('an answer in part that is full of bytes does not lower the score', async () => {
  const { set, peer } = start()
  await set.ask(
    peer,
    question(() => Promise.resolve([1]), { size: () => ({ items: 1, bytes: 2 * 1024 * 1024 }) }),
  )
  expect(peer.score).toBe(FULL_SCORE)
})

test('an empty answer to a guess is no fault', async () => {
  const { set, peer } = start()
  await set.ask(
    peer,
    question(() => Promise.resolve([]), { isGuess: true }),
  )
  expect(peer.score).toBe(FULL_SCORE)
})

test('after an empty answer the peer is left alone, twice as long after the next', async () => {
  const { set, peer, clock } = start()
  const pauses: number[] = []
  for (let i = 0; i < 3; i++) {
    await set.ask(
      peer,
      question(() => Promise.resolve([])),
    )
    const begin = clock.now()
    while (!peer.isFree('bodies')) await clock.advance(100)
    pauses.push(clock.now() - begin)
    expect(peer.isFree('headers'), 'for something else it can be asked').toBe(true)
  }
  expect(pauses).toEqual([500, 1000, 2000])
  await set.ask(peer, question(full))
  await set.ask(
    peer,
    question(() => Promise.resolve([])),
  )
  await clock.advance(500)
  expect(peer.isFree('bodies'), 'a good answer makes the next pause short').toBe(true)
})

test('a peer that owes an answer is asked for nothing of the kind until it has come', async () => {
  const { set, peer, clock } = start()
  await set.ask(peer, question(timeout))
  await clock.advance(5_000)
  expect(peer.isFree('bodies')).toBe(false)
  set.lateAnswer(peer.eth, { requestId: 1n, code: EthMsg.BlockBodies, name: 'BlockBodies', lateBy: 5_000 })
  expect(peer.isFree('bodies')).toBe(true)
  await clock.advance(200_000)
  expect(set.size, 'and is not dropped for it later').toBe(1)
})

test.each([
  ['bodies', EthMsg.BlockBodies],
  ['pooled transactions', EthMsg.PooledTransactions],
])('late %s lower the score', (name, code) => {
  const { set, peer, eth } = start()
  set.lateAnswer(eth, { requestId: 1n, code, name, lateBy: 5_000 })
  expect(peer.score).toBe(FULL_SCORE + SCORE.late)
  expect(SCORE.late).toBeLessThan(0)
})

test('a late answer to a connection that another one took the place of counts against nobody', () => {
  const { set, eth } = start()
  const again = set.add({ ...testPeerLike(eth), id: eth.id } as EthPeer)
  set.lateAnswer(eth, { requestId: 1n, code: EthMsg.BlockBodies, name: 'BlockBodies', lateBy: 5_000 })
  expect(again.score).toBe(FULL_SCORE)
})

test('a peer that owes an answer for minutes is dropped', async () => {
  const { set, peer, eth, clock } = start()
  await set.ask(peer, question(timeout))
  await clock.advance(2 * 60_000)
  expect(set.size).toBe(0)
  expect(eth.failures[0]).toMatchObject({ reason: DiscReason.UselessPeer })
})

test('a peer whose score is used up is dropped, unless it is trusted', async () => {
  const { set, peer, eth, clock } = start()
  const friend = set.add(testPeer({ trusted: true }))
  for (let i = 0; i < 20; i++) {
    for (const one of [peer, friend]) {
      await set.ask(
        one,
        question(() => Promise.resolve([])),
      )
    }
    await clock.advance(60_000)
  }
  expect(eth.failures[0]).toMatchObject({ reason: DiscReason.UselessPeer })
  expect([...set.values()]).toEqual([friend])
})

test('bad data ends the peer at once, with the reason in the log, and it is not let in for some time', async () => {
  const { set, peer, eth, log, clock } = start()
  set.endBad(peer, 'sent a wrong body', { number: 7n })
  expect(set.size).toBe(0)
  expect(eth.failures[0]).toBeInstanceOf(DisconnectError)
  expect(eth.failures[0]).toMatchObject({ reason: DiscReason.SubprotocolError })
  expect(log.lines).toEqual([
    {
      level: 'warn',
      message: 'a peer is ended for bad data: it sent a wrong body',
      fields: { peer: eth.id, enode: eth.peer.enode.toString(), number: 7n },
    },
  ])
  expect(() => set.add(eth)).toThrow(expect.objectContaining({ reason: DiscReason.UselessPeer }))
  await clock.advance(BAD_PEER_BAN_MS)
  expect(() => set.add(eth)).not.toThrow()
})

test('bans are bounded: the oldest is forgotten first', () => {
  const { set, peer, eth } = start()
  set.endBad(peer, 'lied')
  let last: EthPeer | undefined
  for (let i = 0; i < MAX_BANNED_PEERS; i++) {
    // Keys take time to make, and it is the id alone that counts.
    last = { ...testPeerLike(eth), id: `${i}` } as EthPeer
    set.endBad(set.add(last), 'lied')
  }
  expect(() => set.add(eth)).not.toThrow()
  expect(() => set.add(last!)).toThrow()
})

const testPeerLike = ({ peer, fail }: EthPeer) => ({ peer, fail })

test('a peer serves the range that it told and a little above; one of eth/68 may have anything', () => {
  const { set, peer } = start()
  const ranged = set.add(testPeer({ range: { earliest: 100n, latest: 200n, latestHash: new Uint8Array(32) } }))
  expect([99n, 100n, 200n, 232n, 233n].map((number) => ranged.serves(number))).toEqual([false, true, true, true, false])
  expect([100n, 200n, 201n].map((number) => ranged.knows(number))).toEqual([true, true, false])
  ranged.sawBlock(300n)
  expect(ranged.serves(300n)).toBe(true)
  expect(ranged.knows(300n)).toBe(true)
  expect([peer.serves(1n), peer.serves(10n ** 9n), peer.knows(1n)]).toEqual([true, true, false])
})

test('what a peer lacked is remembered for a while', async () => {
  const { peer, clock } = start()
  const hash = new Uint8Array(32).fill(7)
  peer.lacked(hash)
  expect(peer.lacks(hash)).toBe(true)
  expect(peer.lacks(new Uint8Array(32))).toBe(false)
  await clock.advance(4_000)
  expect(peer.lacks(hash)).toBe(false)
})

test('two requests of a kind are under way at most, and they share the time that is measured', async () => {
  const { set, peer, clock } = start()
  const slow = () => new Promise<number[]>((resolve) => clock.setTimeout(() => resolve(Array(10).fill(1)), 100))
  const slower = () => new Promise<number[]>((resolve) => clock.setTimeout(() => resolve(Array(10).fill(1)), 200))
  const both = [set.ask(peer, question(slow)), set.ask(peer, question(slower))]
  await settle()
  expect(peer.isFree('bodies')).toBe(false)
  expect(peer.isFree('receipts')).toBe(true)
  await clock.advance(200)
  await Promise.all(both)
  expect(peer.rate.speed('bodies')).toBe(100)
})

test('another connection to the same node takes the place of the one before', () => {
  const { set, eth, peer } = start()
  const left: unknown[] = []
  set.addEventListener('leave', (event) => left.push(event.peer))
  const again = set.add({ ...testPeerLike(eth), id: eth.id } as EthPeer)
  expect(left).toEqual([peer])
  expect([...set.values()]).toEqual([again])
  set.remove(eth)
  expect(set.size, 'the end of the old one does not end the new one').toBe(1)
})

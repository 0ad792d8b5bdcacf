import { describe, expect, test } from 'vitest'
import { publicKeyOf } from '../../src/crypto/secp256k1.js'
import { Enode } from '../../src/enode/enode.js'
import { silentLogger } from '../../src/platform/logger.js'
import { type Deferred, deferred } from '../../src/platform/wait.js'
import { DialScheduler } from '../../src/server/dial-scheduler.js'
import { SimClock } from '../../src/testing/index.js'

const PAUSE = 35_000
const redial = { first: PAUSE, max: PAUSE }

/** Nodes named by a small number, their ids in the order they were made. */
function node(n: number, endpoint = { host: '127.0.0.1', tcpPort: 30000 + n }): Enode {
  return new Enode(publicKeyOf(new Uint8Array(32).fill(n)), endpoint)
}

function scheduler({ maxDialPeers = 5, maxActiveDials = 5, self = node(200) } = {}) {
  const clock = new SimClock()
  const log: string[] = []
  const names = new Map<string, number>()
  const dials = new Map<number, Deferred<void>>()
  const undialable: number[] = []
  const name = (enode: Enode) => (enode.endpoint.tcpPort ?? 0) - 30000
  const it = new DialScheduler({
    self: self.id,
    maxDialPeers,
    maxActiveDials,
    historyExpiration: PAUSE,
    clock,
    log: silentLogger,
    check: (enode) =>
      enode.endpoint.tcpPort === undefined ? { ok: false, why: 'no TCP port' } : { ok: true, address: 'here' },
    dial: (enode) => {
      names.set(enode.id, name(enode))
      const dial = deferred<void>()
      dials.set(name(enode), dial)
      return dial.promise
    },
    undialable: (enode) => undialable.push(name(enode)),
  })
  return {
    it,
    clock,
    log,
    undialable,
    /** The dials under way, smallest name first. */
    dialing: () => [...dials.keys()].sort((a, b) => a - b),
    async finish(...which: number[]) {
      for (const n of which) {
        dials.get(n)?.resolve()
        dials.delete(n)
      }
      await clock.advance(0)
    },
    async connect(...which: number[]) {
      for (const n of which) it.peerAdded(node(n).id, true)
      await this.finish(...which)
    },
  }
}

describe('static nodes', () => {
  test('are dialed at once, and again 35 s after the last dial for as long as they fail', async () => {
    const s = scheduler()
    s.it.addStatic(node(1), redial)
    expect(s.dialing()).toEqual([1])
    await s.finish(1)
    await s.clock.advance(PAUSE - 1)
    expect(s.dialing()).toEqual([])
    await s.clock.advance(1)
    expect(s.dialing()).toEqual([1])
    await s.finish(1)
    await s.clock.advance(PAUSE)
    expect(s.dialing()).toEqual([1])
  })

  test('are redialed when their connection ends, not before the pause is over', async () => {
    const s = scheduler()
    s.it.addStatic(node(1), redial)
    await s.connect(1)
    await s.clock.advance(10 * PAUSE)
    expect(s.dialing()).toEqual([])
    s.it.peerRemoved(node(1).id)
    expect(s.dialing()).toEqual([1])

    await s.connect(1)
    s.it.peerRemoved(node(1).id)
    expect(s.dialing()).toEqual([])
    await s.clock.advance(PAUSE)
    expect(s.dialing()).toEqual([1])
  })

  test('with a redial policy of their own are tried with doubling pauses up to the longest', async () => {
    const s = scheduler()
    s.it.addStatic(node(1), { first: 500, max: 3_000 })
    const pauses: (number | undefined)[] = []
    for (let i = 0; i < 5; i++) {
      pauses.push(s.it.retryIn(node(1).id))
      await s.finish(1)
      await s.clock.advance(pauses.at(-1) ?? 0)
      expect(s.dialing()).toEqual([1])
    }
    expect(pauses).toEqual([500, 1_000, 2_000, 3_000, 3_000])
  })

  test('begin with short pauses again after a connection that lived, not after one that was dropped at once', async () => {
    const s = scheduler()
    const id = node(1).id
    s.it.addStatic(node(1), { first: 500, max: 30_000 })
    await s.finish(1)
    await s.clock.advance(500)
    await s.connect(1)
    s.it.peerRemoved(id)
    expect(s.it.retryIn(id)).toBe(1_000)
    await s.clock.advance(1_000)
    await s.connect(1)
    await s.clock.advance(60_000)
    s.it.peerRemoved(id)
    expect(s.dialing()).toEqual([1])
    expect(s.it.retryIn(id)).toBe(500)
  })

  test('are not dialed while they are connected or just connecting to us', async () => {
    const s = scheduler()
    s.it.peerAdded(node(1).id, false)
    s.it.inboundPending(node(2).id)
    s.it.addStatic(node(1), redial)
    s.it.addStatic(node(2), redial)
    expect(s.dialing()).toEqual([])
    s.it.inboundCompleted(node(2).id)
    expect(s.dialing()).toEqual([2])
  })

  test('that are this node itself or removed again are not dialed', async () => {
    const s = scheduler({ self: node(1) })
    s.it.addStatic(node(1), redial)
    s.it.addStatic(node(2), redial)
    await s.finish(2)
    s.it.removeStatic(node(2).id)
    await s.clock.advance(2 * PAUSE)
    expect(s.dialing()).toEqual([])
    expect(s.it.retryIn(node(2).id)).toBeUndefined()
  })

  test('that were removed and are added again are dialed at once', async () => {
    const s = scheduler()
    s.it.addStatic(node(1), redial)
    await s.finish(1)
    s.it.removeStatic(node(1).id)
    s.it.addStatic(node(1), redial)
    expect(s.dialing()).toEqual([1])
  })

  test('that no transport can reach are reported and left alone', async () => {
    const s = scheduler()
    s.it.addStatic(new Enode(publicKeyOf(new Uint8Array(32).fill(7))), redial)
    await s.clock.advance(2 * PAUSE)
    expect(s.undialable).toEqual([-30000])
    expect(s.dialing()).toEqual([])
  })

  test('take turns where there are more of them than slots', async () => {
    const s = scheduler({ maxDialPeers: 1 })
    for (const n of [1, 2, 3, 4]) s.it.addStatic(node(n), redial)
    expect(s.dialing()).toEqual([1, 2])
    await s.finish(1, 2)
    expect(s.dialing()).toEqual([3, 4])
    await s.finish(3, 4)
    await s.clock.advance(PAUSE)
    expect(s.dialing()).toEqual([1, 2])
  })
})

describe('dial slots', () => {
  const rows = [
    { maxDialPeers: 3, maxActiveDials: 50, connected: 0, dialing: 6 },
    { maxDialPeers: 3, maxActiveDials: 50, connected: 2, dialing: 2 },
    { maxDialPeers: 3, maxActiveDials: 50, connected: 3, dialing: 0 },
    { maxDialPeers: 10, maxActiveDials: 4, connected: 0, dialing: 4 },
    { maxDialPeers: 0, maxActiveDials: 4, connected: 0, dialing: 0 },
  ]
  for (const row of rows) {
    test(`${row.maxDialPeers} for peers, ${row.maxActiveDials} for dials, ${row.connected} taken: ${row.dialing} at once`, () => {
      const s = scheduler(row)
      for (let n = 1; n <= row.connected; n++) s.it.peerAdded(node(n).id, true)
      for (let n = 10; n < 20; n++) s.it.addStatic(node(n), redial)
      expect(s.dialing()).toHaveLength(row.dialing)
    })
  }

  test('inbound peers take none', () => {
    const s = scheduler({ maxDialPeers: 1 })
    for (let n = 1; n <= 5; n++) s.it.peerAdded(node(n).id, false)
    s.it.addStatic(node(10), redial)
    expect(s.dialing()).toEqual([10])
  })
})

describe('candidates', () => {
  test('are asked for only while slots are free, and dialed no more than once in 35 s', async () => {
    const s = scheduler({ maxDialPeers: 1 })
    const asked: number[] = []
    s.it.addCandidates(async function* () {
      for (const n of [1, 1, 2, 3, 4, 1]) {
        asked.push(n)
        yield node(n)
      }
    })
    await s.clock.advance(0)
    expect(s.dialing()).toEqual([1, 2])
    expect(asked).toEqual([1, 1, 2, 3])
    await s.finish(1)
    expect(s.dialing()).toEqual([2, 3])
    await s.connect(2)
    await s.finish(3)
    expect(s.dialing()).toEqual([])
    s.it.peerRemoved(node(2).id)
    await s.clock.advance(0)
    expect(s.dialing()).toEqual([4])
  })

  test('dialed in vain is dialed at once when somebody adds it', async () => {
    const s = scheduler()
    s.it.addCandidates(async function* () {
      yield node(1)
    })
    await s.clock.advance(0)
    await s.finish(1)
    s.it.addStatic(node(1), redial)
    expect(s.dialing()).toEqual([1])
  })

  test('a source that fails ends alone', async () => {
    const s = scheduler()
    // biome-ignore lint/correctness/useYield: a source can fail before its first node
    s.it.addCandidates(async function* (): AsyncGenerator<Enode> {
      throw new Error('no network')
    })
    s.it.addCandidates(async function* () {
      yield node(1)
    })
    await s.clock.advance(0)
    expect(s.dialing()).toEqual([1])
  })
})

describe('stopping', () => {
  test('waits for the dials, starts none and leaves no timer', async () => {
    const s = scheduler()
    s.it.addStatic(node(1), redial)
    let stopped = false
    const stop = s.it.stop(new Error('over')).then(() => {
      stopped = true
    })
    await s.clock.advance(0)
    expect(stopped).toBe(false)
    await s.finish(1)
    await stop
    await s.clock.advance(2 * PAUSE)
    expect(s.dialing()).toEqual([])
    expect(s.clock.pendingTimers).toBe(0)
  })
})

test('a history of very many candidates can be kept', async () => {
  const COUNT = 150_000
  const clock = new SimClock()
  const enode = node(1)
  let dials = 0
  const it = new DialScheduler({
    self: node(200).id,
    maxDialPeers: 50,
    maxActiveDials: 50,
    historyExpiration: PAUSE,
    clock,
    log: silentLogger,
    check: () => ({ ok: true, address: 'here' }),
    dial: async () => {
      dials++
    },
    undialable: () => {},
  })
  it.addCandidates(async function* () {
    // Only the id matters here; a real key for each would take longer than the rest.
    for (let n = 0; n < COUNT; n++) yield Object.create(enode, { id: { value: `id ${n}` } })
  })
  while (dials < COUNT) await clock.advance(0)
  await clock.advance(PAUSE)
  await it.stop(new Error('over'))
  expect(clock.pendingTimers).toBe(0)
})

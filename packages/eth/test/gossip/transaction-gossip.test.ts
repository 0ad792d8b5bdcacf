import { transactionHash } from '@ethspan/chain'
import { bytesToHex, DiscReason, deferred } from '@ethspan/core'
import { describe, expect, test } from 'vitest'
import {
  ADD_TXS_BATCH,
  FORGIVE_INVALID_MS,
  MAX_BROADCAST_TX_BYTES,
  MAX_GOSSIP_BYTES,
  MAX_INVALID_TRANSACTIONS,
  MAX_QUEUED_ANNOUNCEMENTS,
  REFUSED_PAUSE_MS,
  TX_ARRIVE_TIMEOUT_MS,
  UNWANTED_MS,
} from '../../src/limits.js'
import { announced, keyOf, node, nodeId, pooled, settle, TestPeer, tx } from './support.js'

const BREACH = { reason: DiscReason.SubprotocolError, side: 'local' }
const flat = (messages: readonly (readonly string[])[]) => messages.flat()
const range = (count: number) => Array.from({ length: count }, (_, i) => i)

describe('what comes into the pool', () => {
  test('is sent whole to the square root of 50 peers, and announced to the others', async () => {
    const { pool, peers } = node(50)
    const fresh = tx(1)
    pool.put([pooled(fresh)])
    await settle()
    const whole = peers.filter((peer) => flat(peer.whole).includes(keyOf(fresh)))
    const told = peers.filter((peer) => flat(peer.told).includes(keyOf(fresh)))
    expect([whole.length, told.length]).toEqual([8, 42])
    expect(whole.filter((peer) => told.includes(peer))).toEqual([])
  })

  test('of one sender is sent whole to the same peers each time, of others to others', async () => {
    const { pool, peers } = node(50)
    const to = async (index: number, sender: number) => {
      pool.put([pooled(tx(index), sender)])
      await settle()
      return peers.flatMap((peer, i) => (flat(peer.whole).includes(keyOf(tx(index))) ? [i] : []))
    }
    const first = await to(1, 7)
    expect(await to(2, 7)).toEqual(first)
    expect(await to(3, 8)).not.toEqual(first)
  })

  test('is sent whole to others by another node', async () => {
    const chosen = [1, 2].map((seed) => {
      const { pool, peers } = node(50, { randomBytes: (length) => new Uint8Array(length).fill(seed) })
      pool.put([pooled(tx(1))])
      return peers.flatMap((peer, i) => (peer.whole.length > 0 ? [i] : []))
    })
    expect(chosen[0]).not.toEqual(chosen[1])
  })

  test.each([
    ['with blobs', tx(1, { type: 3, size: 200_000 })],
    ['of more than 4 KiB', tx(1, { size: MAX_BROADCAST_TX_BYTES })],
  ])('%s is announced only', async (_, fresh) => {
    const { pool, peers } = node(4)
    pool.put([pooled(fresh)])
    await settle()
    expect(peers.map((peer) => flat(peer.told))).toEqual(peers.map(() => [keyOf(fresh)]))
    expect(peers.flatMap((peer) => peer.whole)).toEqual([])
  })

  test('is not told to whoever sent or announced it, nor twice to anybody', async () => {
    const { pool, peers, gossip } = node(3)
    const [sender, announcer, other] = peers
    gossip.newPooledTransactionHashes(announcer!, [announced(tx(1))])
    await gossip.transactions(sender!, [tx(1)])
    await settle()
    expect([sender, announcer].flatMap((peer) => [...peer!.whole, ...peer!.told])).toEqual([])
    expect([...flat(other!.whole), ...flat(other!.told)]).toEqual([keyOf(tx(1))])
    pool.put([pooled(tx(1))])
    await settle()
    expect(other!.whole.length + other!.told.length).toBe(1)
  })

  test('is announced again where that is asked for, as long as the pool has it', async () => {
    const { pool, peers, gossip } = node(2)
    pool.put([pooled(tx(1)), pooled(tx(2))])
    pool.drop(tx(2))
    await settle()
    const before = peers.map((peer) => peer.told.length)
    gossip.announceAgain([tx(1), tx(2)].map(transactionHash))
    await settle()
    expect(peers.map((peer, i) => peer.told.slice(before[i]))).toEqual([[[keyOf(tx(1))]], [[keyOf(tx(1))]]])
  })

  test('is said to have been sent once it is on its way, whole or announced', async () => {
    const sent: string[] = []
    const { pool, peers } = node(4, {
      onSent: (peer, hashes) => sent.push(...hashes.map((hash) => `${peer} ${bytesToHex(hash)}`)),
    })
    const [slow, ...others] = peers
    const writing = deferred<void>()
    slow!.written = writing.promise
    pool.put([pooled(tx(1))])
    await settle()
    expect(sent.sort()).toEqual(others.map(({ id }) => `${id} ${keyOf(tx(1))}`).sort())
    writing.resolve()
    await settle()
    expect(sent).toContain(`${slow!.id} ${keyOf(tx(1))}`)
  })

  test('is told to a peer that comes later', async () => {
    const { pool, gossip } = node()
    pool.put([pooled(tx(1)), pooled(tx(2))])
    const late = new TestPeer(nodeId(9))
    gossip.connected(late)
    await settle()
    expect(late.told).toEqual([[keyOf(tx(1)), keyOf(tx(2))]])
  })

  test('is not told to a peer that went, nor after the end', async () => {
    const { pool, peers, gossip } = node(2)
    gossip.disconnected(peers[0]!)
    pool.put([pooled(tx(1))])
    gossip.stop()
    pool.put([pooled(tx(2))])
    await settle()
    expect(peers.map((peer) => [...flat(peer.whole), ...flat(peer.told)])).toEqual([[], [keyOf(tx(1))]])
  })
})

describe('a slow peer', () => {
  test('gets the next message when the last is on its way, each of bounded size', async () => {
    const { pool, peers } = node(1)
    const peer = peers[0]!
    const slow = deferred<void>()
    peer.written = slow.promise
    pool.put([pooled(tx(0))])
    const many = range(60).map((i) => pooled(tx(i + 1, { size: 4000 })))
    for (const one of many) pool.put([one])
    await settle()
    expect(peer.whole).toEqual([[keyOf(tx(0))]])
    slow.resolve()
    await settle()
    const perMessage = Math.ceil(MAX_GOSSIP_BYTES / many[0]!.size)
    expect(peer.whole.map((message) => message.length)).toEqual([1, perMessage, perMessage, 60 - 2 * perMessage])
  })

  test('misses the oldest of what is more than it can be told, and nothing that left the pool is sent', async () => {
    const { pool, peers } = node(1)
    const peer = peers[0]!
    const slow = deferred<void>()
    peer.written = slow.promise
    const large = (i: number) => tx(i, { size: MAX_BROADCAST_TX_BYTES })
    pool.put([pooled(large(0))])
    pool.put(range(MAX_QUEUED_ANNOUNCEMENTS + 2).map((i) => pooled(large(i + 1))))
    pool.drop(large(3))
    slow.resolve()
    await settle()
    const told = flat(peer.told)
    expect(told).toHaveLength(1 + MAX_QUEUED_ANNOUNCEMENTS - 1)
    expect(told.slice(0, 2)).toEqual([large(0), large(4)].map(keyOf))
  })

  test('that is gone gets nothing more', async () => {
    const { pool, peers } = node(1)
    const peer = peers[0]!
    peer.written = Promise.reject(new Error('gone'))
    pool.put([pooled(tx(1))])
    await settle()
    pool.put([pooled(tx(2))])
    await settle()
    expect(peer.whole).toHaveLength(1)
  })
})

describe('what peers announce', () => {
  test('is fetched once by 50 peers, and passed on to none of them', async () => {
    const { peers, gossip, pool, clock } = node(50)
    const all = range(20).map((i) => tx(i))
    for (const peer of peers) {
      for (const one of all) peer.has.set(keyOf(one), one)
      gossip.newPooledTransactionHashes(peer, all.map(announced))
    }
    await clock.advance(TX_ARRIVE_TIMEOUT_MS)
    expect(peers.flatMap(({ asked }) => asked.flat())).toHaveLength(20)
    expect(pool.counts().pending).toBe(20)
    expect(peers.flatMap((peer) => [...peer.whole, ...peer.told])).toEqual([])
    expect(clock.pendingTimers).toBe(0)
  })

  test('is fetched elsewhere where one does not have it', async () => {
    const { peers, gossip, pool, clock } = node(2)
    const [liar, other] = peers
    for (const peer of peers) gossip.newPooledTransactionHashes(peer, [announced(tx(1))])
    other!.has.set(keyOf(tx(1)), tx(1))
    await clock.advance(TX_ARRIVE_TIMEOUT_MS)
    expect([liar!.asked.length, other!.asked.length, pool.counts().pending]).toEqual([1, 1, 1])
  })

  test('is not fetched where the pool has it, or it was too cheap or left the pool not long ago', async () => {
    const { peers, gossip, pool, clock } = node(1)
    const peer = peers[0]!
    pool.put([pooled(tx(1)), pooled(tx(3))])
    pool.refusals.set(keyOf(tx(2)), 'underpriced')
    await gossip.transactions(peer, [tx(2)])
    pool.drop(tx(3))
    gossip.newPooledTransactionHashes(peer, [tx(1), tx(2), tx(3)].map(announced))
    await clock.advance(TX_ARRIVE_TIMEOUT_MS)
    expect(peer.asked).toEqual([])
    await clock.advance(UNWANTED_MS)
    gossip.newPooledTransactionHashes(peer, [tx(1), tx(2), tx(3)].map(announced))
    await clock.advance(TX_ARRIVE_TIMEOUT_MS)
    expect(peer.asked).toEqual([[tx(2), tx(3)].map(keyOf)])
  })

  test('as something else than it is ends the peer', async () => {
    const { peers, gossip, clock, lines } = node(2)
    const [honest, liar] = peers
    honest!.has.set(keyOf(tx(1)), tx(1))
    gossip.newPooledTransactionHashes(honest!, [announced(tx(1))])
    gossip.newPooledTransactionHashes(liar!, [{ ...announced(tx(1)), size: 5000 }])
    await clock.advance(TX_ARRIVE_TIMEOUT_MS)
    expect([honest!.disconnects, liar!.disconnects]).toEqual([[], [DiscReason.SubprotocolError]])
    expect(lines.at(-1)).toMatchObject({
      message: 'peer broke the rules of gossip',
      fields: { peer: liar!.id, reason: expect.stringContaining('announced 5000 bytes') },
    })
  })
})

test('a peer that announces much wrongly is ended once, and that is said once', async () => {
  const { peers, gossip, lines } = node(2)
  const [liar, honest] = peers
  const all = range(500).map((i) => tx(i))
  gossip.newPooledTransactionHashes(
    liar!,
    all.map((one) => ({ ...announced(one), size: 5000 })),
  )
  await gossip.transactions(honest!, all)
  expect([honest!.disconnects, liar!.disconnects]).toEqual([[], [DiscReason.SubprotocolError]])
  expect(lines).toHaveLength(1)
  // What it sends until the connection is gone is left alone.
  gossip.newPooledTransactionHashes(liar!, [announced(tx(501, { type: 3 }))])
  await settle()
  expect(liar!.asked).toEqual([])
})

describe('an answer ends the peer', () => {
  test.each([
    ['with what it was not asked for', () => [tx(1), tx(7)], /which it was not asked for/],
    ['with one twice', () => [tx(1), tx(1)], /twice at once/],
    ['that can’t be read', () => [{ type: 3, bytes: Uint8Array.of(3, 0x80) }], /./],
  ])('%s', async (_, answer, reason) => {
    const { peers, gossip, clock, lines, pool } = node(2)
    const [liar, honest] = peers
    liar!.answer = answer
    honest!.has.set(keyOf(tx(1)), tx(1))
    for (const peer of peers) gossip.newPooledTransactionHashes(peer, [announced(tx(1))])
    await clock.advance(TX_ARRIVE_TIMEOUT_MS)
    expect(liar!.disconnects).toEqual([DiscReason.SubprotocolError])
    expect(lines.at(-1)!.fields!.reason).toMatch(reason)
    // And it is fetched elsewhere.
    expect([honest!.asked, pool.counts().pending]).toEqual([[[keyOf(tx(1))]], 1])
  })

  test('with blobs that are not proven, at once', async () => {
    const { peers, gossip, clock, pool } = node(1)
    const blobs = tx(1, { type: 3, size: 140_000 })
    pool.refusals.set(keyOf(blobs), 'invalid-sidecar')
    peers[0]!.has.set(keyOf(blobs), blobs)
    gossip.newPooledTransactionHashes(peers[0]!, [announced(blobs)])
    await settle()
    expect(peers[0]!.disconnects).toEqual([DiscReason.SubprotocolError])
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('transactions that nobody asked for', () => {
  test('come into the pool in batches, with who sent them', async () => {
    const { peers, gossip, pool } = node(1)
    await gossip.transactions(
      peers[0]!,
      range(ADD_TXS_BATCH + 5).map((i) => tx(i)),
    )
    expect(pool.adds).toEqual([
      { peer: peers[0]!.id, count: ADD_TXS_BATCH },
      { peer: peers[0]!.id, count: 5 },
    ])
  })

  test('end the peer where they have blobs, or come twice in one message', async () => {
    const { peers, gossip, pool } = node(1)
    await expect(gossip.transactions(peers[0]!, [tx(1, { type: 3 })])).rejects.toMatchObject(BREACH)
    await expect(gossip.transactions(peers[0]!, [tx(1), tx(1)])).rejects.toMatchObject(BREACH)
    expect(pool.adds).toEqual([])
  })

  test('end the peer when too many are invalid, of which one is forgiven each minute', async () => {
    const { peers, gossip, pool, clock } = node(1)
    const invalid = range(40).map((i) => tx(i))
    for (const one of invalid) pool.refusals.set(keyOf(one), 'invalid')
    const send = (from: number, to: number) => {
      const done = gossip.transactions(peers[0]!, invalid.slice(from, to))
      done.catch(() => undefined)
      return clock.advance(REFUSED_PAUSE_MS).then(() => done)
    }
    await send(0, MAX_INVALID_TRANSACTIONS)
    await clock.advance(5 * FORGIVE_INVALID_MS)
    await send(MAX_INVALID_TRANSACTIONS, MAX_INVALID_TRANSACTIONS + 5)
    await expect(send(MAX_INVALID_TRANSACTIONS + 5, MAX_INVALID_TRANSACTIONS + 7)).rejects.toMatchObject(BREACH)
  })

  test.each([
    ['refused for what the peer should know', 'nonce' as const, true],
    ['too cheap', 'underpriced' as const, false],
  ])('slow a peer down where more than a quarter is %s: %s %s', async (_, refused, isSlowed) => {
    const { peers, gossip, pool, clock } = node(1)
    pool.refusals.set(keyOf(tx(0)), refused)
    pool.refusals.set(keyOf(tx(1)), refused)
    let isDone = false
    void gossip
      .transactions(
        peers[0]!,
        range(4).map((i) => tx(i)),
      )
      .then(() => {
        isDone = true
      })
    await settle()
    expect(isDone).toBe(!isSlowed)
    await clock.advance(REFUSED_PAUSE_MS)
    expect(isDone).toBe(true)
  })

  test('are passed over, as announcements are, while none are accepted', async () => {
    const { peers, gossip, pool, clock } = node(1, { accepts: () => false })
    await gossip.transactions(peers[0]!, [tx(1)])
    gossip.newPooledTransactionHashes(peers[0]!, [announced(tx(2))])
    await clock.advance(TX_ARRIVE_TIMEOUT_MS)
    expect([pool.adds, peers[0]!.asked]).toEqual([[], []])
  })

  test('are passed over from a connection that another has replaced', async () => {
    const { peers, gossip, pool } = node(1)
    const again = new TestPeer(peers[0]!.id)
    gossip.connected(again)
    gossip.disconnected(peers[0]!)
    await gossip.transactions(peers[0]!, [tx(1)])
    expect(pool.adds).toEqual([])
    await gossip.transactions(again, [tx(1)])
    expect(pool.adds).toHaveLength(1)
  })
})

test('whoever announced blobs rightly is not ended by another who sends them with other proofs', async () => {
  const { gossip, pool, peers, clock } = node(2)
  const [honest, liar] = peers as [TestPeer, TestPeer]
  const whole = tx(1, { type: 3, size: 1000 })
  const other = tx(1, { type: 3, size: 100 })
  // The hash of one with blobs does not cover them; that of these does, so both are told by the same.
  const told = { ...announced(whole), hash: announced(other).hash }
  liar.has.set(keyOf(other), other)
  pool.refusals.set(keyOf(other), 'underpriced')
  gossip.newPooledTransactionHashes(liar, [announced(other)])
  gossip.newPooledTransactionHashes(honest, [told])
  await clock.advance(TX_ARRIVE_TIMEOUT_MS)
  await settle()
  expect(liar.asked).toHaveLength(1)
  expect(honest.disconnects).toEqual([])
})

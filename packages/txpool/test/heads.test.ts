import { testAddress, testBlocks, testSpec } from '@ethspan/chain/testing'
import { bytesToHex, EthspanError } from '@ethspan/core'
import { describe, expect, test } from 'vitest'
import { MAX_REORG_BLOCKS } from '../src/index.js'
import { ETHER, hashOf, nonces, outcomes, senderKey, TestState, testPool, tx } from './support.js'

describe('a block', () => {
  test('takes what it has out of the pool', async () => {
    const { pool, mine, told } = await testPool()
    const [first, second, other] = [tx({ nonce: 0 }), tx({ nonce: 1 }), tx({ from: 1 })]
    await pool.add([first, second, other])
    await mine([first, other])
    expect(nonces(pool, 'pending')).toEqual({ 0: [1] })
    expect(told.dropped).toEqual([first, other].map(hashOf))
    expect(told.added).toHaveLength(3)
  })

  test('takes out what has a nonce that it used up, known or not', async () => {
    const { pool, mine, told } = await testPool()
    const ours = tx({ nonce: 0 })
    await pool.add([ours, tx({ nonce: 1 })])
    await mine([tx({ nonce: 0, value: 77n })])
    expect(nonces(pool, 'pending')).toEqual({ 0: [1] })
    expect(told.dropped).toEqual([hashOf(ours)])
    expect(outcomes(await pool.add([tx({ nonce: 0, fee: 5, tip: 5 })]))).toEqual(['nonce'])
  })

  test('tells the next nonce of senders that have nothing in the pool', async () => {
    const { pool, mine, told } = await testPool()
    await mine([tx({ nonce: 0 }), tx({ nonce: 1 })])
    await pool.add([tx({ nonce: 3 }), tx({ nonce: 2 })])
    expect(nonces(pool, 'pending')).toEqual({ 0: [2, 3] })
    expect(told.added).toHaveLength(2)
  })

  test('makes what waited for its nonces ready', async () => {
    const state = new TestState()
    state.set(0)
    const { pool, mine, told } = await testPool({ state })
    const waiting = tx({ nonce: 2 })
    await pool.add([waiting])
    state.set(0, { nonce: 2n })
    await mine([tx({ nonce: 0 }), tx({ nonce: 1 })])
    expect(nonces(pool, 'pending')).toEqual({ 0: [2] })
    expect(told.added).toEqual([hashOf(waiting)])
  })

  test('leaves nobody with more than they can pay for', async () => {
    const state = new TestState()
    state.set(0)
    const { pool, mine, told } = await testPool({ state })
    const dear = tx({ nonce: 1, value: 2n * ETHER })
    await pool.add([tx({ nonce: 0 }), dear, tx({ nonce: 2 })])
    state.set(0, { balance: ETHER })
    await mine()
    expect(told.dropped).toEqual([hashOf(dear)])
    expect([nonces(pool, 'pending'), nonces(pool, 'queued')]).toEqual([{ 0: [0] }, { 0: [2] }])
  })

  test('after which more waits than may drops what is too much', async () => {
    const state = new TestState()
    state.set(0)
    const { pool, mine } = await testPool({ state, limits: { queue: 2 } })
    await pool.add([tx({ nonce: 0, value: 2n * ETHER }), ...[1, 2, 3, 4].map((nonce) => tx({ nonce }))])
    expect(pool.counts()).toMatchObject({ pending: 5, queued: 0 })
    state.set(0, { balance: ETHER })
    await mine()
    expect([nonces(pool, 'pending'), nonces(pool, 'queued')]).toEqual([{}, { 0: [1, 2] }])
  })

  test('with a lower gas limit drops what asks for more', async () => {
    const { pool, mine, told } = await testPool({ spec: testSpec({ fork: 'prague' }) })
    const large = tx({ gas: 29_000_000n })
    await pool.add([large, tx({ from: 1 })])
    await mine([], { gasLimit: 28_999_999n })
    expect(told.dropped).toEqual([hashOf(large)])
    expect(nonces(pool, 'pending')).toEqual({ 1: [0] })
  })

  test('decides by its base fee who leaves a full pool', async () => {
    // While the base fee is low one pays more than the other, once it is high less.
    const { pool, mine } = await testPool({ limits: { slots: 2, queue: 2 } })
    await pool.add([tx({ from: 0, fee: 1.05, tip: 1 }), tx({ from: 1, fee: 9, tip: 0.1 })])
    await pool.add([tx({ from: 2, fee: 20, tip: 0.12 })])
    expect(Object.keys(nonces(pool, 'pending'))).toEqual(['0', '2'])
    const fullBlock = Array.from({ length: 66 }, (_, nonce) => tx({ from: 5, nonce }))
    await mine(fullBlock, { gasLimit: 2_000_000n })
    await pool.add([tx({ from: 3, fee: 20, tip: 0.11 })])
    expect(Object.keys(nonces(pool, 'pending'))).toEqual(['2', '3'])
  })

  test('is taken in before what is added after it', async () => {
    const { pool, chain } = await testPool()
    const [block] = await testBlocks({ count: 1, transactions: () => [tx({ nonce: 0 })] })
    await chain.putBlocks([block!])
    const before = pool.add([tx({ nonce: 0 })])
    await chain.setHead(block!.hash)
    const after = pool.add([tx({ nonce: 0, value: 5n })])
    expect(outcomes(await before)).toEqual(['added'])
    expect(outcomes(await after)).toEqual(['nonce'])
  })
})

describe('a reorg', () => {
  test('brings back what its blocks do not have, and tells it again', async () => {
    const { pool, mine, told } = await testPool()
    const [kept, lost] = [tx({ from: 0 }), tx({ from: 1 })]
    await pool.add([kept, lost], { local: true })
    const base = await mine()
    await mine([kept, lost])
    told.added.length = told.dropped.length = 0
    const other = await mine([kept], { parent: base, extra: 'other' })
    expect(nonces(pool, 'pending')).toEqual({ 1: [0] })
    expect(told).toEqual({ added: [hashOf(lost)], dropped: [] })
    expect([...pool.pending().values()].flat()[0]).toMatchObject({ isLocal: true })
    await mine([lost], { parent: other })
    expect(pool.counts().pending).toBe(0)
  })

  test('brings back what the pool never had', async () => {
    const { pool, mine } = await testPool()
    const base = await mine()
    await mine([tx({ nonce: 0 }), tx({ nonce: 1 })])
    await mine([], { parent: base, extra: 'other' })
    expect(nonces(pool, 'pending')).toEqual({ 0: [0, 1] })
  })

  test('to a chain made anew brings all back, told as new, and that chain mines it again', async () => {
    const state = new TestState()
    const { pool, chain, mine, told } = await testPool({ state })
    const [first, second, other] = [tx({ nonce: 0 }), tx({ nonce: 1 }), tx({ from: 1 })]
    const all = [first, second, other].map(hashOf)
    for (const from of [0, 1]) state.set(from)
    await pool.add([first, second, other])
    state.set(0, { nonce: 1n })
    await mine([first])
    state.set(0, { nonce: 2n })
    state.set(1, { nonce: 1n })
    await mine([second, other])
    expect(told).toEqual({ added: all, dropped: all })
    for (const from of [0, 1]) state.set(from)
    const genesis = (await chain.block(0n))!
    const anew = await mine([], { parent: genesis, extra: 'anew' })
    // Ready, in the order of their nonces, and told: so gossip passes it on, and whoever makes the next block finds it.
    expect(nonces(pool, 'pending')).toEqual({ 0: [0, 1], 1: [0] })
    expect(told).toEqual({ added: [...all, ...all], dropped: all })
    state.set(0, { nonce: 2n })
    state.set(1, { nonce: 1n })
    await mine([first, second, other], { parent: anew })
    expect(pool.counts()).toEqual({ pending: 0, queued: 0, bytes: 0 })
    expect(told).toEqual({ added: [...all, ...all], dropped: [...all, ...all] })
  })

  test('there and back leaves what the first branch has out of the pool', async () => {
    const { pool, chain, mine, told } = await testPool()
    const sent = tx()
    await pool.add([sent])
    const base = await mine()
    const taken = await mine([sent])
    await mine([], { parent: base, extra: 'other' })
    expect(nonces(pool, 'pending')).toEqual({ 0: [0] })
    await chain.setHead(taken.hash)
    await pool.idle()
    expect(pool.counts().pending).toBe(0)
    expect(told).toEqual({ added: [sent, sent].map(hashOf), dropped: [sent, sent].map(hashOf) })
    expect(outcomes(await pool.add([sent]))).toEqual(['nonce'])
  })

  test.each([1, 10, 64])('of depth %i brings back all of it', async (depth) => {
    const { pool, mine, chain } = await testPool()
    const base = await mine()
    for (let nonce = 0; nonce < depth; nonce++) await mine([tx({ nonce })])
    expect(pool.counts().pending).toBe(0)
    const branch = await testBlocks({ count: depth + 1, parent: base, transactions: 0, extra: 'other' })
    await chain.putBlocks(branch)
    await chain.setHead(branch.at(-1)!.hash)
    await pool.idle()
    expect(nonces(pool, 'pending')).toEqual({ 0: Array.from({ length: depth }, (_, nonce) => nonce) })
  })

  test('deeper than a reorg may be brings nothing back', async () => {
    const { pool, chain, mine } = await testPool()
    const base = await mine()
    const blocks = await testBlocks({ count: MAX_REORG_BLOCKS + 1, parent: base, transactions: 1 })
    const branch = await testBlocks({ count: 2, parent: base, transactions: 0, extra: 'other' })
    await chain.putBlocks([...blocks, ...branch])
    await chain.setHead(blocks.at(-1)!.hash)
    await chain.setHead(branch.at(-1)!.hash)
    await pool.idle()
    expect(pool.counts()).toEqual({ pending: 0, queued: 0, bytes: 0 })
  })
})

describe('a fork', () => {
  const spec = testSpec({ fork: 'prague', config: { osakaTime: 1_700_000_100 } })

  test('drops what its rules do not allow, and keeps the rest with who signed it', async () => {
    const { pool, mine, told } = await testPool({ spec })
    const large = tx({ gas: 16_777_217n })
    await pool.add([large, tx({ from: 1 })])
    await mine([], { seconds: 99 })
    expect(told.dropped).toEqual([])
    await mine([], { seconds: 1 })
    expect(told.dropped).toEqual([hashOf(large)])
    expect(told.added).toHaveLength(2)
    const [left] = [...pool.pending().values()].flat()
    expect(left!.sender).toEqual(testAddress(1))
    expect(left!.tx.common.hardfork()).toBe('osaka')
    expect(outcomes(await pool.add([large]))).toEqual(['not-yet'])
  })

  test('that comes while a transaction is checked counts for it', async () => {
    const { pool, chain } = await testPool({ spec })
    const [block] = await testBlocks({ count: 1, spec, transactions: 0, secondsPerBlock: 100 })
    await chain.putBlocks([block!])
    await Promise.all([pool.add([tx({ gas: 16_777_217n })]), chain.setHead(block!.hash)])
    await pool.idle()
    expect(pool.counts().pending).toBe(0)
  })
})

describe('what can’t be read', () => {
  test('of a sender is said to whoever asks, and keeps nobody else out', async () => {
    const state = new TestState()
    for (const from of [0, 1, 2]) state.set(from)
    const { pool, told } = await testPool({ state })
    const read = state.account.bind(state)
    state.account = async (header, address) => {
      if (bytesToHex(address) === senderKey(1)) throw new EthspanError('ERR_DATA_DIR', "can't read the states")
      return read(header, address)
    }
    const txs = [0, 1, 2].map((from) => tx({ from }))
    const answers = await pool.add(txs)
    expect(outcomes(answers)).toEqual(['added', 'capacity', 'added'])
    expect(answers[1]).toMatchObject({ message: "the sender's account can't be read now" })
    expect(told.added).toEqual([txs[0]!, txs[2]!].map(hashOf))
  })

  test('of a block leaves what it took for the next head to take out', async () => {
    const { pool, chain, mine } = await testPool()
    const sent = tx()
    await pool.add([sent])
    const [block] = await testBlocks({ count: 1, transactions: () => [sent] })
    await chain.putBlocks([block!])
    const read = chain.body.bind(chain)
    chain.body = async () => {
      throw new EthspanError('ERR_DATA_DIR', "can't read the chain's store")
    }
    await chain.setHead(block!.hash)
    await pool.idle()
    expect(nonces(pool, 'pending')).toEqual({ 0: [0] })
    chain.body = read
    await mine()
    expect(pool.counts().pending).toBe(0)
  })

  test('of an account at a new head leaves told what was done until then', async () => {
    const state = new TestState()
    for (const from of [0, 1]) state.set(from)
    const { pool, mine, told } = await testPool({ state })
    const [mined, other] = [tx(), tx({ from: 1 })]
    await pool.add([mined, other])
    const read = state.account.bind(state)
    state.account = async () => {
      throw new EthspanError('ERR_DATA_DIR', "can't read the states")
    }
    await mine([mined])
    expect(told.dropped).toEqual([hashOf(mined)])
    state.account = read
    state.set(0, { nonce: 1n })
    await mine()
    expect([nonces(pool, 'pending'), told.dropped]).toEqual([{ 1: [0] }, [hashOf(mined)]])
  })
})

test('a pool that starts on another head than it was made on goes by that head', async () => {
  const spec = testSpec({ fork: 'prague', config: { osakaTime: 1_700_000_100 } })
  const state = new TestState()
  state.set(0)
  const { pool, mine, told } = await testPool({ spec, state })
  const [first, second, large] = [tx({ nonce: 0 }), tx({ nonce: 1 }), tx({ nonce: 2, gas: 16_777_217n })]
  await pool.add([first, second, large])
  await pool.stop()
  state.set(0, { nonce: 1n })
  await mine([first], { seconds: 100 })
  expect(told.dropped).toEqual([])
  pool.start()
  await pool.idle()
  expect(told.dropped.sort()).toEqual([first, large].map(hashOf).sort())
  expect(nonces(pool, 'pending')).toEqual({ 0: [1] })
})

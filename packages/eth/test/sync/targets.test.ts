// Targets that change while blocks of others are on their way: each is blamed, reached or left for what is its own.
import { BlockImporter, type Chain, decodeHeader, encodeHeader, headerHash, type Transaction } from '@ethspan/chain'
import { memoryChain, type TestBlock, testBlocks, testTransaction } from '@ethspan/chain/testing'
import { concatBytes, type Deferred, decodeRlp, deferred, encodeRlp, expectList } from '@ethspan/core'
import { SimClock } from '@ethspan/core/testing'
import { memoryStore } from '@ethspan/node/memory'
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { connect, drive, type Follower, follower, server, turns, until } from '../net.js'

/** Milliseconds: for a machine that has other things to do. */
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

let blocks: TestBlock[]
let chain: Chain
beforeAll(async () => {
  blocks = await testBlocks({ count: 120, transactions: 0 })
  chain = await memoryChain({ blocks })
})

/** The same transaction with a signature that nobody can have made. */
function forged({ type, bytes }: Transaction): Transaction {
  const fields = expectList(decodeRlp(bytes.subarray(1)), 'transaction')
  return { type, bytes: concatBytes(bytes.subarray(0, 1), encodeRlp([...fields.slice(0, -1), 0])) }
}

/** An importer that waits before it imports anything, and says when it is asked to. */
function held(of: Chain) {
  const importer = new BlockImporter({ chain: of })
  const importBlocks = importer.importBlocks.bind(importer)
  const asked: Deferred<void> = deferred()
  const released: Deferred<void> = deferred()
  importer.importBlocks = async (...args) => {
    asked.resolve()
    await released.promise
    await importBlocks(...args)
  }
  return { importer, asked, released }
}

/** What becomes of targets, in the order in which it does. */
function outcomes({ service }: Follower): string[] {
  const all: string[] = []
  const note = ({ type, syncTarget }: { type: string; syncTarget: { hash: Uint8Array } }) =>
    all.push(`${type} ${Buffer.from(syncTarget.hash).toString('hex')}`)
  service.sync!.addEventListener('synced', note)
  service.sync!.addEventListener('syncfail', note)
  return all
}

const says = (type: string, { hash }: { readonly hash: Uint8Array }) => `${type} ${Buffer.from(hash).toString('hex')}`

describe('a head that is told while blocks of another one are imported', () => {
  test('is not blamed for a block that breaks the rules and is not below it', async () => {
    const right = testTransaction({ nonce: 0n })
    const bad = await testBlocks({
      count: 60,
      parent: blocks[9]!,
      extra: 'bad',
      transactions: (number) => (number === 20n ? [forged(right)] : []),
    })
    const ours = await memoryChain({ blocks: blocks.slice(0, 10) })
    const { importer, asked, released } = held(ours)
    const node = await follower({ chain: ours, importer })
    const all = outcomes(node)
    connect(node.node, server({ chain: await memoryChain({ blocks: [...blocks.slice(0, 10), ...bad] }) }))
    node.service.sync!.setTarget({ hash: bad.at(-1)!.hash, source: 'engine' })
    await asked.promise
    const good = blocks.at(-1)!
    node.service.sync!.setTarget({ hash: good.hash, header: good.header, source: 'engine' })
    await until(() => node.service.sync!.progress()?.highestBlock === 120n, 'it is the target')
    await turns()
    released.resolve()
    await turns()
    connect(node.node, server({ chain }))
    await until(() => all.length > 0, 'it comes to an end')
    expect(all).toEqual([says('synced', good)])
  })

  test('is blamed for a block that breaks the rules below it', async () => {
    const right = testTransaction({ nonce: 0n })
    const bad = await testBlocks({ count: 60, transactions: (number) => (number === 20n ? [forged(right)] : []) })
    const ours = await memoryChain()
    const { importer, asked, released } = held(ours)
    const node = await follower({ chain: ours, importer })
    const all = outcomes(node)
    connect(node.node, server({ chain: await memoryChain({ blocks: bad }) }))
    node.service.sync!.setTarget({ hash: bad[49]!.hash, source: 'engine' })
    await asked.promise
    node.service.sync!.setTarget({ hash: bad[59]!.hash, header: bad[59]!.header, source: 'engine' })
    await until(() => node.service.sync!.progress()?.highestBlock === 60n, 'it is the target')
    released.resolve()
    await until(() => all.length > 0, 'it comes to an end')
    expect(all).toEqual([says('syncfail', bad[59]!)])
  })

  test('does not take the chain back on the way, where the one before was lower', async () => {
    const branch = await testBlocks({ count: 5, transactions: 0, parent: blocks[9]!, extra: 'branch' })
    const ours = await memoryChain({ blocks: blocks.slice(0, 100) })
    const { importer, asked, released } = held(ours)
    const node = await follower({ chain: ours, importer })
    const heads: bigint[] = []
    ours.addEventListener('head', ({ head }) => heads.push(head.number))
    connect(node.node, server({ chain: await memoryChain({ blocks: [...blocks.slice(0, 10), ...branch] }) }))
    node.service.sync!.setTarget({ hash: branch[4]!.hash, source: 'engine' })
    await asked.promise
    const synced = node.sync(blocks[104]!, { header: blocks[104]!.header })
    await until(() => node.service.sync!.progress()?.highestBlock === 105n, 'it is the target')
    await turns()
    released.resolve()
    await turns()
    connect(node.node, server({ chain }))
    await synced
    expect(Math.min(...heads.map(Number))).toBe(105)
  })
})

test('a target that the chain went past by itself is reached', async () => {
  const clock = new SimClock()
  const ours = await follower({ clock })
  const synced = ours.sync(blocks[49]!, { header: blocks[49]!.header })
  await until(() => ours.service.sync!.progress()?.highestBlock === 50n, 'it is the target')
  await ours.chain.putBlocks(blocks.slice(0, 60))
  await ours.chain.setHead(blocks[59]!.hash)
  expect((await drive(clock, synced, 200)).type).toBe('synced')
  expect(ours.service.sync!.progress()).toBeUndefined()
})

describe('a store that fails for a moment', () => {
  test('when a target is told does not lose it', async () => {
    const clock = new SimClock()
    const ours = await follower({ clock })
    connect(ours.node, server({ chain, clock }), clock)
    const read = vi.spyOn(ours.chain, 'canonicalHash').mockRejectedValueOnce(new Error('the disk is busy'))
    const synced = ours.sync(blocks[49]!, { header: blocks[49]!.header })
    expect((await drive(clock, synced, 200)).type).toBe('synced')
    expect(read).toHaveBeenCalled()
    expect(ours.log.warnings).toEqual(['sync stops, and tries again every 5 s: the disk is busy'])
  })

  test('when a target was reached does not keep that from being told', async () => {
    const clock = new SimClock()
    const store = memoryStore()
    const ours = await follower({ clock, store })
    connect(ours.node, server({ chain, clock }), clock)
    const part = store.sublevel('skeleton')
    const { clear } = Object.getPrototypeOf(part)
    const broken = vi.spyOn(Object.getPrototypeOf(part), 'clear')
    onTestFinished(() => broken.mockRestore())
    let fails = 1
    broken.mockImplementation(function (this: { readonly prefix?: string }, ...args: unknown[]) {
      const isDue = ours.chain.head().number === 50n && this.prefix?.includes('skeleton') && fails-- > 0
      return isDue ? Promise.reject(new Error('no space left on device')) : clear.apply(this, args)
    })
    const synced = ours.sync(blocks[49]!, { header: blocks[49]!.header })
    expect((await drive(clock, synced, 200)).type).toBe('synced')
    expect(ours.log.warnings).toEqual(['sync stops, and tries again every 5 s: no space left on device'])
  })
})

describe('a head that a trusted peer can not have', () => {
  const told = (header: TestBlock['header'], number: bigint) => {
    const changed = decodeHeader(encodeHeader({ ...header, number }))
    return { hash: headerHash(changed), header: changed, source: 'trusted-peer' } as const
  }

  test('leaves what is followed as it is, and is said once', async () => {
    const ours = await follower()
    const all = outcomes(ours)
    ours.service.sync!.setTarget({ hash: blocks[49]!.hash, header: blocks[49]!.header, source: 'trusted-peer' })
    await until(() => ours.service.sync!.progress()?.highestBlock === 50n, 'it is the target')
    const impossible = [40n, 41n, 42n].map((bits) => told(blocks[60]!.header, 2n ** bits))
    for (const target of impossible) {
      const before = all.length
      ours.service.sync!.setTarget(target)
      await until(() => all.length > before, 'it is refused')
    }
    expect(all).toEqual(impossible.map((target) => says('syncfail', target)))
    expect(ours.service.sync!.progress()?.highestBlock).toBe(50n)
    expect(ours.log.warnings).toHaveLength(1)
    connect(ours.node, server({ chain }))
    await until(() => ours.chain.head().number === 50n, 'the one before is reached')
  })
})

describe('where the newest blocks are kept', () => {
  /** As many blocks were begun anew with as are kept. */
  async function kept() {
    const ours = await follower({ keep: 20 })
    connect(ours.node, server({ chain }))
    await ours.sync(blocks[99]!)
    expect(ours.chain.earliest()).toBe(81n)
    return ours
  }
  const target = ({ hash, header }: TestBlock, more: { readonly mayGoBack?: boolean } = {}) =>
    ({ hash, header, source: 'trusted-peer', ...more }) as const

  test('a trusted peer that is far behind draws nobody back', async () => {
    const ours = await kept()
    const behind = await ours.sync(blocks[49]!, target(blocks[49]!))
    expect(behind).toMatchObject({ type: 'syncfail', error: { code: 'ERR_STATE' } })
    expect(ours.chain.head().number).toBe(100n)
    expect(ours.log.warnings, 'it may tell that as often as it likes').toEqual([])
  })

  test('nor does one on a branch that parts where no blocks are kept', async () => {
    const branch = await testBlocks({ count: 70, transactions: 0, parent: blocks[19]!, extra: 'branch' })
    const ours = await kept()
    connect(ours.node, server({ chain: await memoryChain({ blocks: [...blocks.slice(0, 20), ...branch] }) }))
    const astray = await ours.sync(branch[69]!, target(branch[69]!))
    expect(astray).toMatchObject({ type: 'syncfail', error: { code: 'ERR_STATE' } })
    expect(ours.chain.head().hash).toEqual(blocks[99]!.hash)
    // And one who has led us here does.
    expect((await ours.sync(branch[69]!, target(branch[69]!, { mayGoBack: true }))).type).toBe('synced')
    expect(ours.chain.head().hash).toEqual(branch[69]!.hash)
  })

  test('a chain that was begun anew is followed, as its blocks are newer', async () => {
    const { time } = blocks[110]!.header
    const [first] = await testBlocks({ count: 1, transactions: 0, extra: 'anew' })
    const raw = encodeHeader({ ...first!.header, time })
    const anew = { ...first!, header: decodeHeader(raw), hash: headerHash({ raw }) }
    const ours = await kept()
    connect(ours.node, server({ chain: await memoryChain({ blocks: [anew] }) }))
    expect((await ours.sync(anew, target(anew))).type).toBe('synced')
    expect(ours.chain.head().hash).toEqual(anew.hash)
  })
})

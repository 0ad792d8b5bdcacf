// What is made of the blocks that nodes report: the best one, the charts, propagation.
import { describe, expect, test } from 'vitest'
import { block, type FakeReporter, hash, startReporters } from './support.js'

/** Nodes that reported their first head, number 10, and so tell news from then on. */
function started(names: readonly string[], head = 10) {
  const server = startReporters()
  const nodes = names.map((name) => server.open(name).hello().block(head))
  return { ...server, nodes }
}

const numbersOf = ({ reporters }: ReturnType<typeof startReporters>) =>
  reporters.snapshot().blocks.map(({ number }) => number)

/** Answers a request for history with the blocks asked for. */
const answer = (reporter: FakeReporter, list: readonly number[]) =>
  reporter.say('history', { id: reporter.id, history: [...list].reverse().map((number) => block(number)) })

/** Answers until nothing is asked any more, and tells what was. */
function answerAll(reporter: FakeReporter): (readonly number[])[] {
  const asked: (readonly number[])[] = []
  for (let list = reporter.asked()[0]; list !== undefined; list = reporter.asked()[0]) {
    asked.push(list)
    answer(reporter, list)
  }
  return asked
}

describe('propagation', () => {
  test('is how much later than the first a node reports a block', async () => {
    const { nodes, node, clock } = started(['a', 'b', 'c'])
    const [a, b, c] = nodes as [FakeReporter, FakeReporter, FakeReporter]
    a.block(11)
    await clock.advance(40)
    b.block(11)
    await clock.advance(500)
    c.block(11)
    expect([node('a')?.block?.propagation, node('b')?.block?.propagation, node('c')?.block?.propagation]).toEqual([
      0, 40, 540,
    ])
    expect([node('a')?.propagation, node('b')?.propagation, node('c')?.propagation]).toEqual([[0], [40], [540]])
  })

  test('is counted in bins, but for the first of each block', async () => {
    const server = started(['a', 'b', 'c', 'd'])
    const [a, b, c, d] = server.nodes as [FakeReporter, FakeReporter, FakeReporter, FakeReporter]
    a.block(11)
    await server.clock.advance(50)
    b.block(11)
    await server.clock.advance(1)
    c.block(11)
    await server.clock.advance(10_000)
    d.block(11)
    const bins = server.reporters.snapshot().propagation
    expect(bins.map(({ upTo }) => upTo)).toEqual([50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, undefined])
    expect(bins.map(({ count }) => count)).toEqual([1, 1, 0, 0, 0, 0, 0, 0, 1])
  })

  test('is not told of a block that is old when a node tells it first', async () => {
    const { open, nodes, node, clock } = started(['a'])
    nodes[0]!.block(11)
    await clock.advance(5_000)
    open('late').hello().block(11)
    expect(node('late')?.block).toEqual({ number: 11, hash: hash(11), at: node('a')?.block?.at })
    expect(node('late')?.propagation).toEqual([])
  })

  test('is not told of a block that came before the node did', async () => {
    const { open, nodes, node, clock } = started(['a'])
    nodes[0]!.block(11)
    await clock.advance(1_000)
    const late = open('late').hello().block(10)
    await clock.advance(1_000)
    late.block(11)
    expect(node('late')?.propagation).toEqual([])
  })

  test('is not told again for a block that is told again', async () => {
    const { nodes, node, clock } = started(['a', 'b'])
    const [a, b] = nodes as [FakeReporter, FakeReporter]
    a.block(11)
    b.block(11)
    await clock.advance(15_000)
    b.block(11)
    expect(node('b')?.propagation).toEqual([0])
  })

  test('is not told of a node that is syncing', async () => {
    const { nodes, node, clock } = started(['a', 'b'])
    const [a, b] = nodes as [FakeReporter, FakeReporter]
    b.say('stats', { stats: { syncing: true } })
    a.block(11)
    await clock.advance(100)
    b.block(11)
    expect(node('b')?.propagation).toEqual([])
  })

  test('keeps the last forty of a node', async () => {
    const { nodes, node } = started(['a'])
    for (let number = 11; number < 61; number++) nodes[0]!.block(number)
    expect(node('a')?.propagation).toHaveLength(40)
  })
})

describe('the time of a block', () => {
  test('is when it was reported, for news', async () => {
    const { nodes, node, clock } = started(['a'])
    await clock.advance(1_000)
    nodes[0]!.block(11)
    expect(node('a')?.block?.at).toBe(clock.wallTime())
  })

  test('is when it was made, for the head a node comes with', () => {
    const { node } = started(['a'])
    expect(node('a')?.block?.at).toBe(1_000 * block(10).timestamp)
  })

  test('is never in the future', () => {
    const { open, node, clock } = startReporters()
    open('a')
      .hello()
      .block(10, { timestamp: 10 ** 12 })
    expect(node('a')?.block?.at).toBe(clock.wallTime())
  })
})

describe('the charts', () => {
  test('have the last forty blocks, with the time between them', () => {
    const server = started(['a'], 1_000)
    for (let number = 1_001; number <= 1_050; number++) {
      server.nodes[0]!.block(number, { gasUsed: number, transactions: [{}, {}], uncles: [{}] })
    }
    const { blocks } = server.reporters.snapshot()
    expect(blocks.map(({ number }) => number)).toEqual(Array.from({ length: 40 }, (_, i) => 1_011 + i))
    expect(blocks.at(-1)).toMatchObject({ time: 12, gasUsed: 1_050, gasLimit: 30_000_000, transactions: 2, uncles: 1 })
    expect(blocks[0]?.time).toBeUndefined()
  })

  test('have no time for block 1: when the genesis block was made is anybody’s word', () => {
    const server = startReporters()
    const a = server.open('a').hello().block(2)
    answerAll(a)
    expect(server.reporters.snapshot().blocks.map(({ time }) => time)).toEqual([undefined, undefined, 12])
  })

  test('follow the parents of the best block through a reorg', () => {
    const server = started(['a'])
    const [a] = server.nodes as [FakeReporter]
    answerAll(a)
    a.block(11).block(12)
    a.block(12, { hash: hash('12b'), parentHash: hash('11b') })
    expect(a.asked().map((list) => list.at(-1))).toEqual([11])
    a.say('history', { history: [block(11, { hash: hash('11b') })] })
    a.block(13, { hash: hash('13b'), parentHash: hash('12b') })
    expect(server.reporters.snapshot().blocks.map((each) => each.hash)).toEqual([
      ...Array.from({ length: 11 }, (_, number) => hash(number)),
      hash('11b'),
      hash('12b'),
      hash('13b'),
    ])
  })

  test('have the block that most nodes have, of two with one number', () => {
    const server = started(['a', 'b', 'c'])
    const [a, b, c] = server.nodes as [FakeReporter, FakeReporter, FakeReporter]
    a.block(11, { hash: hash('11b') })
    b.block(11)
    c.block(11)
    expect(server.reporters.snapshot().blocks.at(-1)?.hash).toBe(hash(11))
  })

  test('keep to four blocks of one number, the best among them', () => {
    const server = started(['a', 'b'])
    const [a, b] = server.nodes as [FakeReporter, FakeReporter]
    a.block(11)
    for (let i = 0; i < 50; i++) b.block(11, { hash: hash(`11 ${i}`) })
    expect(server.reporters.snapshot().blocks.at(-1)?.number).toBe(11)
  })

  test('come back to the others when a node that claims an absurd number leaves', () => {
    const server = started(['a', 'liar'])
    const [a, liar] = server.nodes as [FakeReporter, FakeReporter]
    liar.block(2 ** 50, { timestamp: 1 })
    expect(numbersOf(server)).toEqual([2 ** 50])
    liar.leave()
    expect(numbersOf(server)).toEqual([10])
    a.block(11)
    expect(numbersOf(server)).toEqual([10, 11])
  })

  test('are about the network of most nodes', () => {
    const server = startReporters()
    const first = server.open('first').hello({ net: '1' }).block(10)
    expect(server.reporters.snapshot().network).toBe('1')
    server.open('other').hello({ net: '2' }).block(500)
    expect(numbersOf(server)).toEqual([10])
    server.open('another').hello({ net: '2' }).block(501)
    expect(server.reporters.snapshot().network).toBe('2')
    expect(numbersOf(server)).toEqual([500, 501])
    first.block(11)
    expect(numbersOf(server)).toEqual([500, 501])
  })

  test('stay as they were while no node is there', () => {
    const server = started(['a'])
    server.nodes[0]!.leave()
    expect(numbersOf(server)).toEqual([10])
    expect(server.reporters.snapshot().network).toBe('1')
  })
})

describe('history', () => {
  test('is asked for a few blocks at a time, the newest first, until the charts are full', () => {
    const server = startReporters()
    const a = server.open('a').hello().block(100)
    expect(answerAll(a)).toEqual(
      Array.from({ length: 8 }, (_, i) => [95, 96, 97, 98, 99].map((number) => number - 5 * i)).map((list) =>
        list.filter((number) => number > 60),
      ),
    )
    expect(numbersOf(server)).toEqual(Array.from({ length: 40 }, (_, i) => 61 + i))
  })

  test('ends at the genesis block', () => {
    const server = startReporters()
    const a = server.open('a').hello().block(2)
    expect(a.asked()).toEqual([[0, 1]])
    answer(a, [0, 1])
    expect(numbersOf(server)).toEqual([0, 1, 2])
    expect(a.asked()).toEqual([])
  })

  test('is asked of the node that is nearest, and can answer', async () => {
    const { open, clock } = startReporters()
    const none = open('none').hello({ canUpdateHistory: false }).say('latency', { latency: 1 }).block(100)
    const far = open('far').hello().say('latency', { latency: 200 })
    const near = open('near').hello().say('latency', { latency: 20 })
    const behind = open('behind').hello().say('latency', { latency: 2 }).block(50)
    for (const reporter of [far, near]) reporter.connection.node?.headTold({ ...block(100), at: 0 } as never, undefined)
    await clock.advance(1_000)
    expect([none, far, near, behind].map((reporter) => reporter.asked().length)).toEqual([0, 0, 1, 0])
  })

  test('is asked of another where one does not answer, or has nothing', async () => {
    const { open, clock } = startReporters()
    const mute = open('mute').hello().say('latency', { latency: 1 }).block(100)
    const empty = open('empty').hello().say('latency', { latency: 2 }).block(100)
    const good = open('good').hello().say('latency', { latency: 3 }).block(100)
    expect(mute.asked()).toHaveLength(1)
    await clock.advance(29_000)
    for (const reporter of [mute, empty, good]) reporter.say('node-ping', {})
    expect(empty.asked()).toEqual([])
    await clock.advance(1_000)
    expect(empty.asked()).toHaveLength(1)
    empty.say('history', { history: [] })
    expect(good.asked()).toHaveLength(1)
    expect([mute, empty].flatMap((reporter) => reporter.asked())).toEqual([])
  })

  test('told before any head is nothing: it would be kept without end', () => {
    const server = startReporters()
    const node = server.open('a').hello()
    answer(node, [8, 9])
    node.block(10)
    expect(numbersOf(server)).toEqual([10])
  })

  test('that nobody asked for is taken where it fits, and else is nothing', () => {
    const server = started(['a'])
    answer(server.nodes[0]!, [9])
    expect(numbersOf(server)).toEqual([9, 10])
    answer(server.nodes[0]!, [5_000, 11])
    expect(numbersOf(server)).toEqual([9, 10])
  })
})

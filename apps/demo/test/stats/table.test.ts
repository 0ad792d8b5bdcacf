import type { BlockView, NodeView, StatsSnapshot } from '@ethspan/ethstats/feed'
import { describe, expect, test } from 'vitest'
import { figuresOf } from '../../src/stats/figures.js'
import { nextOrder, type Order, sortNodes, standingOf } from '../../src/stats/sort.js'

const node = (id: string, over: Partial<NodeView> = {}): NodeView => ({
  id,
  client: 'Geth/v1.17.8',
  os: 'linux',
  osVersion: 'amd64',
  network: '1',
  state: 'online',
  since: 0,
  isSyncing: false,
  uptime: 1,
  propagation: [],
  ...over,
})

const at = (number: number, propagation?: number): Pick<NodeView, 'block'> => ({
  block: { number, hash: `0x${number}`, at: 0, ...(propagation === undefined ? {} : { propagation }) },
})

const block = (number: number, over: Partial<BlockView> = {}): BlockView => ({
  number,
  hash: `0x${number}`,
  at: 0,
  gasUsed: 0,
  gasLimit: 1,
  transactions: 0,
  uncles: 0,
  difficulty: 0,
  ...over,
})

const snapshot = (over: Partial<StatsSnapshot>): StatsSnapshot => ({
  at: 0,
  network: '1',
  nodes: [],
  blocks: [],
  propagation: [],
  ...over,
})

const yardstick = { network: '1', best: 100 }

describe('how a node does', () => {
  test.each<[string, Partial<NodeView>]>([
    ['well', at(100)],
    ['well', at(99)],
    ['behind', at(98)],
    ['well', {}],
    ['well', { ...at(5), network: '2' }],
    ['syncing', { ...at(5), isSyncing: true }],
    ['quiet', { ...at(100), state: 'quiet' }],
    ['offline', { ...at(100), state: 'offline' }],
  ])('%s: %j', (standing, over) => {
    expect(standingOf(node('n', over), yardstick)).toBe(standing)
  })

  test('is well where no best block is known', () => {
    expect(standingOf(node('n', at(5)), { network: undefined, best: undefined })).toBe('well')
  })
})

describe('the order of the table', () => {
  const ordered = (nodes: readonly NodeView[], order: Order) => sortNodes(nodes, order, yardstick).map(({ id }) => id)
  const byState: Order = { by: 'state', descending: false }

  test('is by how they do, then by name, whoever reports a block first', () => {
    const nodes = [
      node('offline', { state: 'offline' }),
      node('behind', at(50)),
      node('syncing', { isSyncing: true }),
      node('b', at(100, 0)),
      node('quiet', { state: 'quiet' }),
      node('a', at(99, 500)),
    ]
    expect(ordered(nodes, byState)).toEqual(['a', 'b', 'behind', 'syncing', 'quiet', 'offline'])
  })

  test('by a figure has those without it, and those offline, at the end in either direction', () => {
    const nodes = [
      node('gone', { latency: 1, state: 'offline' }),
      node('none'),
      node('slow', { latency: 90 }),
      node('fast', { latency: 5 }),
    ]
    expect(ordered(nodes, { by: 'latency', descending: false })).toEqual(['fast', 'slow', 'none', 'gone'])
    expect(ordered(nodes, { by: 'latency', descending: true })).toEqual(['slow', 'fast', 'none', 'gone'])
  })

  test('begins with what matters, and turns around with a second click', () => {
    expect(nextOrder(byState, 'latency')).toEqual({ by: 'latency', descending: false })
    expect(nextOrder(byState, 'peers')).toEqual({ by: 'peers', descending: true })
    expect(nextOrder({ by: 'peers', descending: true }, 'peers')).toEqual({ by: 'peers', descending: false })
  })
})

describe('the figures', () => {
  test('are of the newest block, and of nodes that are connected', () => {
    const nodes = [
      node('a', { gasPrice: 10, pending: 1 }),
      node('b', { gasPrice: 30, pending: 7, state: 'quiet' }),
      node('c', { gasPrice: 20 }),
      node('gone', { gasPrice: 1, pending: 99, state: 'offline' }),
      node('elsewhere', { gasPrice: 2, pending: 98, network: '2' }),
    ]
    const blocks = [block(1), block(2, { time: 10 }), block(3, { time: 14 })]
    expect(figuresOf(snapshot({ nodes, blocks }))).toEqual({
      best: blocks[2],
      blockTime: 12,
      active: 4,
      nodes: 5,
      gasPrice: 20,
      pending: 7,
    })
  })

  test('leave out of the block time when the chain stood still', () => {
    const times = [2, 2, 3, 1, 86_400, 2]
    expect(figuresOf(snapshot({ blocks: times.map((time, i) => block(i, { time })) })).blockTime).toBe(2)
    expect(figuresOf(snapshot({ blocks: [0, 0, 0, 18].map((time, i) => block(i, { time })) })).blockTime).toBe(4.5)
  })

  test('are not known of nothing', () => {
    expect(figuresOf(snapshot({}))).toEqual({
      best: undefined,
      blockTime: undefined,
      active: 0,
      nodes: 0,
      gasPrice: undefined,
      pending: undefined,
    })
  })
})

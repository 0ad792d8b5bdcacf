import { expect, test } from 'vitest'
import { buildNetwork, type ToldNode } from '../src/client/network.js'
import { MAX_DRAWN, nodesToDraw } from '../src/ui/graph-layout.js'

const node = (id: string, name = id): ToldNode => ({ id, name, transport: 'ws', caps: [] })
const self = { id: 'me', name: 'me', caps: [] }

test('a gateway that tells of us and others gives a star', () => {
  const network = buildNetwork({
    self,
    gatewayId: 'gw',
    peers: [node('gw')],
    told: new Map([['gw', [node('me', 'a lie'), node('x')]]]),
  })
  expect(network.nodes.map(({ id, name, role }) => [id, name, role])).toEqual([
    ['me', 'me', 'you'],
    ['gw', 'gw', 'gateway'],
    ['x', 'x', 'node'],
  ])
  expect(network.links).toEqual([
    { source: 'gw', target: 'me' },
    { source: 'gw', target: 'x' },
  ])
})

test('two tellers that share a node share it in the drawing', () => {
  const told = new Map([
    ['a', [node('x'), node('b')]],
    ['b', [node('x'), node('a')]],
  ])
  const { nodes, links } = buildNetwork({ self, gatewayId: 'a', peers: [node('a'), node('b')], told })
  expect(nodes.map(({ id }) => id)).toEqual(['me', 'a', 'b', 'x'])
  expect(links).toHaveLength(5)
})

test('what a teller that is not our peer said is not shown', () => {
  const { nodes } = buildNetwork({ self, gatewayId: undefined, peers: [], told: new Map([['gone', [node('x')]]]) })
  expect(nodes.map(({ id }) => id)).toEqual(['me'])
})

test('past the bound, this node and the gateway are still drawn', () => {
  const others = Array.from({ length: 400 }, (_, n) => node(`n${n}`))
  const peers = [...others.slice(0, 300), node('gw')]
  const drawn = nodesToDraw(buildNetwork({ self, gatewayId: 'gw', peers, told: new Map() }))
  expect(drawn).toHaveLength(MAX_DRAWN)
  expect(drawn.slice(0, 2).map(({ id }) => id)).toEqual(['me', 'gw'])
})

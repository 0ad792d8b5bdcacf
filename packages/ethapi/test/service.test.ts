import { chainKey, poolKey } from '@ethspan/chain'
import { memoryChain } from '@ethspan/chain/testing'
import { MemoryNetwork } from '@ethspan/core/testing'
import { Node, type Service } from '@ethspan/node'
import { memoryStore } from '@ethspan/node/memory'
import { inProcess } from '@ethspan/rpc'
import { expect, onTestFinished, test } from 'vitest'
import { ethApiService } from '../src/index.js'
import { FakePool, failureOf } from './support.js'

async function nodeWith(...services: Service[]) {
  const transports = [new MemoryNetwork().transport({ address: '10.0.0.1:30303' })]
  const node = new Node({ name: 'test', store: memoryStore(), p2p: { transports } })
  for (const service of services) node.register(service)
  onTestFinished(() => node.stop())
  const client = inProcess(node)
  onTestFinished(() => client.close())
  return { node, client }
}

async function chainService({ withPool = false } = {}): Promise<Service> {
  const chain = await memoryChain()
  onTestFinished(() => chain.close())
  return {
    name: 'chain',
    start: ({ offer }) => {
      offer(chainKey, chain)
      if (withPool) offer(poolKey, new FakePool())
    },
  }
}

test('it answers for the chain and the pool that other services offer', async () => {
  const { node, client } = await nodeWith(await chainService({ withPool: true }), ethApiService())
  await node.start()
  expect(await client.request('eth_chainId')).toBe('0x539')
  expect(await client.request('txpool_status')).toEqual({ pending: '0x0', queued: '0x0' })
  expect(await client.request('rpc_modules')).toMatchObject({ eth: '1.0', txpool: '1.0' })
})

test('before it has started and after it stopped, calls are told so', async () => {
  const { node, client } = await nodeWith(await chainService(), ethApiService())
  const starting = { code: -32000, message: 'the node is starting' }
  for (const [method, ...params] of [
    ['eth_blockNumber'],
    ['eth_getLogs', {}],
    ['eth_call', {}],
    ['eth_gasPrice'],
    ['eth_newBlockFilter'],
    ['txpool_status'],
  ] as const) {
    expect(await failureOf(client.request(method, params)), method).toEqual(starting)
  }
  expect(await failureOf(client.subscribe('eth', ['newHeads'], () => {}))).toEqual(starting)
  await node.start()
  expect(await client.request('eth_blockNumber')).toBe('0x0')
  await node.stop()
  expect(await failureOf(client.request('eth_blockNumber'))).toEqual({ code: -32000, message: 'the node is stopping' })
})

test('without a chain before it, the node does not start', async () => {
  const { node } = await nodeWith(ethApiService())
  await expect(node.start()).rejects.toMatchObject({ message: expect.stringContaining('chain/chain') })
})

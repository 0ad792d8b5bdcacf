import { MemoryNetwork } from '@ethspan/core/testing'
import { Node } from '@ethspan/node'
import { memoryStore } from '@ethspan/node/memory'
import { adminService, inProcess } from '@ethspan/rpc'
import { connect, EndpointController } from '@ethspan/rpc/endpoints'
import { expect, onTestFinished, test } from 'vitest'
import { call, post, quiet } from './support.js'

function make() {
  const endpoints = new EndpointController({ http: { enabled: true, port: 0 }, ws: { port: 0 } })
  const node = new Node({
    name: 'test',
    store: memoryStore(),
    p2p: { name: 'ethspan-test/v1', transports: [new MemoryNetwork().transport()] },
    rpc: { all: endpoints },
  })
  node.register({ name: 'quiet', protocols: [quiet] })
  node.register(adminService(node, { endpoints }))
  onTestFinished(() => node.stop())
  return { node, endpoints }
}

test('a node is administered in process, and over HTTP and WebSocket as long as it runs', async () => {
  const { node, endpoints } = make()
  const client = inProcess(node)
  onTestFinished(() => client.close())
  await expect(client.request('admin_nodeInfo')).rejects.toMatchObject({
    code: -32000,
    message: 'the p2p server is made when the node starts',
  })
  await node.start()
  expect(await client.request('admin_nodeInfo')).toMatchObject({ name: 'ethspan-test/v1', protocols: { quiet: {} } })
  expect(await client.request('net_listening')).toBe(false)
  expect(await client.request('admin_datadir')).toBe('')
  const { http } = endpoints.addresses as { http: string }
  expect(await (await post(http, call('web3_clientVersion'))).json()).toMatchObject({ result: 'ethspan-test/v1' })
  await client.request('admin_startWS')
  const overWs = await connect(endpoints.addresses.ws as string)
  expect(await overWs.request('rpc_modules')).toEqual({ net: '1.0', rpc: '1.0', web3: '1.0' })
  await node.stop()
  expect(overWs.signal.aborted).toBe(true)
  await expect(post(http, call('web3_clientVersion'))).rejects.toThrow('fetch failed')
})

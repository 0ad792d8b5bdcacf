// Clients that others wrote.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeApis } from '@ethspan/rpc'
import { EndpointController } from '@ethspan/rpc/endpoints'
import { IpcSocketProvider, JsonRpcProvider, WebSocketProvider } from 'ethers'
import { createPublicClient, http, webSocket } from 'viem'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { nextEvent, opened, twoServers } from '../support.js'

const NETWORK = 1337

async function start() {
  const folder = await mkdtemp(join(tmpdir(), 'ethspan-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const servers = await twoServers()
  const [server] = servers
  const controller = new EndpointController({
    ipc: { path: join(folder, 'node.ipc') },
    http: { enabled: true, port: 0 },
    ws: { enabled: true, port: 0, host: '127.0.0.1', apis: ['net', 'web3', 'admin'] },
  })
  await opened(controller, nodeApis({ server }, { networkId: () => NETWORK, endpoints: controller }))
  return { servers, at: controller.addresses as { http: string; ws: string; ipc: string } }
}

test('viem over HTTP, batches too', async () => {
  const { at } = await start()
  const client = createPublicClient({ transport: http(at.http, { batch: true, retryCount: 0 }) })
  const [version, network, missing] = await Promise.all([
    client.request({ method: 'web3_clientVersion' }),
    client.request({ method: 'net_version' }),
    client.request({ method: 'eth_chainId' }).catch((error) => error),
  ])
  expect([version, network]).toEqual(['ethspan-test/v1.2.3', `${NETWORK}`])
  expect(missing).toMatchObject({ code: -32601 })
})

test('viem over WebSocket, with a subscription', async () => {
  const { at, servers } = await start()
  const [server, other] = servers
  const client = createPublicClient({ transport: webSocket(at.ws, { reconnect: false, keepAlive: false }) })
  expect(await client.request({ method: 'net_listening' })).toBe(true)
  const socket = await client.transport.getRpcClient()
  onTestFinished(() => socket.close())
  const event = new Promise((resolve, reject) => {
    // Its typed subscriptions are eth's; the socket beneath takes any.
    socket.request({
      body: { method: 'admin_subscribe', params: ['peerEvents'] },
      onResponse: (response) => ('params' in response ? resolve(response.params) : undefined),
      onError: reject,
    })
    socket.socket.addEventListener('message', ({ data }) => {
      const { params } = JSON.parse(data as string)
      if (params !== undefined) resolve(params.result)
      else server.addPeer(other.self)
    })
  })
  expect(await event).toMatchObject({ type: 'add', peer: other.self.id })
})

test('ethers over HTTP', async () => {
  const { at } = await start()
  const provider = new JsonRpcProvider(at.http, NETWORK, { staticNetwork: true })
  onTestFinished(() => provider.destroy())
  expect(await provider.send('web3_clientVersion', [])).toBe('ethspan-test/v1.2.3')
  const hash = '0x47173285a8d7341e5e972fc677286384f802f8ef42a5ec5f03bbfa254cb01fad'
  expect(await provider.send('web3_sha3', ['0x68656c6c6f20776f726c64'])).toBe(hash)
  await expect(provider.send('admin_peers', [])).rejects.toMatchObject({ info: { error: { code: -32601 } } })
})

test('ethers over WebSocket', async () => {
  const { at } = await start()
  const provider = new WebSocketProvider(new WebSocket(at.ws) as never, NETWORK, { staticNetwork: true })
  expect(await provider.send('net_version', [])).toBe(`${NETWORK}`)
  expect(await provider.send('admin_peers', [])).toEqual([])
  await provider.destroy()
})

test('ethers over IPC administers the node', async () => {
  const { at, servers } = await start()
  const [server, other] = servers
  const provider = new IpcSocketProvider(at.ipc, NETWORK, { staticNetwork: true })
  const added = nextEvent(server, 'peeradd')
  expect(await provider.send('admin_addPeer', [other.self.toString()])).toBe(true)
  await added
  expect(await provider.send('admin_peers', [])).toMatchObject([{ id: other.self.id }])
  expect(await provider.send('net_peerCount', [])).toBe('0x1')
  await provider.destroy()
})

import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeApis } from '@ethspan/rpc'
import { connect, EndpointController, type EndpointControllerOptions } from '@ethspan/rpc/endpoints'
import { describe, expect, onTestFinished, test } from 'vitest'
import { call, contextOf, opened, post, testApi, twoServers } from '../support.js'

async function start(options: EndpointControllerOptions = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'ethspan-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const [server] = await twoServers()
  const controller = new EndpointController({ ipc: { path: join(folder, 'node.ipc') }, ...options })
  const open = await opened(controller, [...nodeApis({ server }, { endpoints: controller }), testApi])
  const client = await connect(controller.addresses.ipc as string)
  onTestFinished(() => client.close())
  return { controller, client, open }
}

describe('HTTP and WebSocket at run time', () => {
  test('are started with what is asked, and stopped', async () => {
    const { controller, client } = await start()
    expect(Object.keys(controller.addresses)).toEqual(['ipc'])
    expect(
      await client.request('admin_startHTTP', ['127.0.0.1', 0, 'https://a.example, https://b.example', 'test,net']),
    ).toBe(true)
    expect(await client.request('admin_startWS', [null, 0, null, 'test'])).toBe(true)
    const { http, ws } = controller.addresses as { http: string; ws: string }
    const response = await post(http, call('rpc_modules'), { Origin: 'https://b.example' })
    expect(await response.json()).toMatchObject({ result: { net: '1.0', rpc: '1.0', test: '1.0' } })
    expect(response.headers.get('access-control-allow-origin')).toBe('https://b.example')
    const overWs = await connect(ws)
    expect(await overWs.request('test_endpoint')).toBe('ws')
    expect(await client.request('admin_stopWS')).toBe(true)
    expect(await client.request('admin_stopHTTP')).toBe(true)
    expect(await client.request('admin_stopHTTP')).toBe(true)
    await expect.poll(() => overWs.signal.aborted).toBe(true)
    await expect(post(http, call('rpc_modules'))).rejects.toThrow('fetch failed')
    expect(Object.keys(controller.addresses)).toEqual(['ipc'])
  })

  test('can’t be started twice, and a busy port is one line', async () => {
    const { controller, client } = await start({ http: { enabled: true, port: 0 } })
    await expect(client.request('admin_startHTTP', ['127.0.0.1', 0])).rejects.toMatchObject({
      code: -32000,
      message: `HTTP server already running on ${controller.addresses.http}`,
    })
    const busy = createServer()
    await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => new Promise<void>((resolve) => busy.close(() => resolve())))
    const { port } = busy.address() as { port: number }
    await expect(client.request('admin_startWS', [null, port])).rejects.toMatchObject({
      code: -32000,
      message: expect.stringContaining('another program listens there'),
    })
    await expect(client.request('admin_startWS', [null, '8546'])).rejects.toMatchObject({ code: -32602 })
  })

  test('an endpoint can stop itself and still answers', async () => {
    const { controller } = await start({
      http: { enabled: true, port: 0, apis: ['admin'] },
      ws: { enabled: true, host: '127.0.0.2', port: 0, apis: ['admin'] },
    })
    const { http, ws } = controller.addresses as { http: string; ws: string }
    expect(await (await post(http, call('admin_stopHTTP'))).json()).toMatchObject({ result: true })
    const overWs = await connect(ws)
    expect(await overWs.request('admin_stopWS')).toBe(true)
    expect(Object.keys(controller.addresses)).toEqual(['ipc'])
  })
})

test('HTTP and WebSocket share a server where host and port are the same; each stops alone', async () => {
  const { controller, client } = await start({
    http: { enabled: true, port: 0, apis: ['test'] },
    ws: { enabled: true, port: 0, apis: ['test'] },
  })
  const { http, ws } = controller.addresses as { http: string; ws: string }
  expect(new URL(ws).port).toBe(new URL(http).port)
  await client.request('admin_stopHTTP')
  expect((await post(http, call('test_echo'))).status).toBe(404)
  const overWs = await connect(ws)
  expect(await overWs.request('test_echo')).toEqual([])
  overWs.close()
})

test('where one endpoint can’t be opened, none stays open; opened and closed again and again it leaks nothing', async () => {
  const busy = createServer()
  await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve))
  const { port } = busy.address() as { port: number }
  const controller = new EndpointController({ http: { enabled: true, port: 0 }, ws: { enabled: true, port } })
  await expect(controller.open(contextOf([testApi]))).rejects.toMatchObject({ code: 'ERR_LISTEN' })
  expect(controller.addresses).toEqual({})
  await new Promise((resolve) => busy.close(resolve))
  for (let round = 0; round < 20; round++) {
    const open = await controller.open(contextOf([testApi]))
    await expect(controller.open(contextOf([testApi]))).rejects.toMatchObject({ code: 'ERR_STATE' })
    await post(controller.addresses.http as string, call('net_version'))
    await open.close()
  }
  await expect(controller.startHTTP()).rejects.toMatchObject({ code: 'ERR_STATE' })
})

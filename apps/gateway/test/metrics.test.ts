import { request } from 'node:http'
import { Server, type ServerOptions } from '@ethspan/core'
import { MemoryNetwork } from '@ethspan/core/testing'
import { serverMetrics } from '@ethspan/node'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type MetricsServerOptions, startMetrics } from '../src/metrics/http.js'
import { createMetrics } from '../src/metrics/registry.js'

async function open(over: Partial<MetricsServerOptions> = {}) {
  const server = await startMetrics({ metrics: createMetrics(), port: 0, ready: () => true, ...over })
  onTestFinished(() => server.close())
  const get = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(new URL(path, server.address), init)
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
  }
  return { server, get }
}

describe('the registry', () => {
  test('prints geth’s names as geth’s exporter does, and nothing but what was asked for', async () => {
    const metrics = createMetrics()
    metrics.counter('p2p/dials/error/rlpx/enc', 'Enc.').add()
    metrics.counter('p2p/ingress/a-b/1/0x00', 'Odd.').add(5)
    metrics.gauge('p2p/peers', 'Peers.').set(3)
    expect((await metrics.text()).trim().split('\n')).toEqual([
      '# HELP p2p_dials_error_rlpx_enc Enc.',
      '# TYPE p2p_dials_error_rlpx_enc counter',
      'p2p_dials_error_rlpx_enc 1',
      '',
      '# HELP p2p_ingress_a_b_1_0x00 Odd.',
      '# TYPE p2p_ingress_a_b_1_0x00 counter',
      'p2p_ingress_a_b_1_0x00 5',
      '',
      '# HELP p2p_peers Peers.',
      '# TYPE p2p_peers gauge',
      'p2p_peers 3',
    ])
  })

  test('the same name is the same metric; of another kind it is an error', async () => {
    const metrics = createMetrics()
    metrics.counter('x', 'X.', ['kind']).add(1, { kind: 'a' })
    metrics.counter('x', 'X.', ['kind']).add(2, { kind: 'a' })
    expect(await metrics.text()).toContain('x{kind="a"} 3')
    expect(() => metrics.gauge('x', 'X.')).toThrow(expect.objectContaining({ code: 'ERR_STATE' }))
  })

  test('two registries share nothing', async () => {
    createMetrics().counter('x', 'X.').add()
    expect((await createMetrics().text()).trim()).toBe('')
  })

  test('asks for what is looked up at each reading', async () => {
    const metrics = createMetrics()
    const gauge = metrics.gauge('readings', 'Readings.')
    let readings = 0
    metrics.onRead(() => gauge.set(++readings))
    await metrics.text()
    expect(await metrics.text()).toContain('readings 2')
  })
})

describe('the metrics port', () => {
  test('is on loopback unless told otherwise', async () => {
    const { server } = await open()
    expect(server.address).toBe(`http://127.0.0.1:${server.port}/`)
  })

  test('serves Prometheus’s text', async () => {
    const metrics = createMetrics()
    metrics.gauge('p2p/peers', 'Peers.').set(2)
    const { get } = await open({ metrics })
    const { status, type, text } = await get('/debug/metrics/prometheus?x=1')
    expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
    expect(text).toContain('\np2p_peers 2\n')
  })

  test('says that the process is up, and whether the node is', async () => {
    let ready = false
    const { get } = await open({ ready: () => ready })
    expect((await get('/healthz')).status).toBe(200)
    expect((await get('/readyz')).status).toBe(503)
    ready = true
    expect((await get('/readyz')).status).toBe(200)
    ready = false
    expect((await get('/readyz')).status).toBe(503)
  })

  test('knows no other path and no other method', async () => {
    const { get } = await open()
    expect((await get('/')).status).toBe(404)
    expect((await get('/debug/metrics')).status).toBe(404)
    expect((await get('/healthz', { method: 'POST', body: 'x' })).status).toBe(405)
    expect(await get('/healthz', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' })
  })

  test('a reading that fails is an answer of one line, and the next one is served', async () => {
    const metrics = createMetrics()
    let isBroken = true
    metrics.onRead(() => {
      if (isBroken) throw new Error('broken')
    })
    const { get } = await open({ metrics })
    expect((await get('/debug/metrics/prometheus')).status).toBe(500)
    expect((await get('/healthz')).status).toBe(200)
    isBroken = false
    expect((await get('/debug/metrics/prometheus')).status).toBe(200)
  })

  test('a port that is taken is one clear error', async () => {
    const { server } = await open()
    const again = startMetrics({ metrics: createMetrics(), port: server.port, ready: () => true })
    await expect(again).rejects.toMatchObject({
      code: 'ERR_LISTEN',
      message: `can't listen for metrics on 127.0.0.1:${server.port}: the port is in use`,
      hint: 'Name another one with --metrics.port, or 0 for any free one.',
    })
  })

  test('closes with connections that are left open, and twice', async () => {
    const { server } = await open()
    const hanging = request({ port: server.port, host: '127.0.0.1', method: 'GET', path: '/healthz', agent: false })
    const broken = new Promise((resolve) => hanging.once('error', resolve))
    await new Promise((resolve) => hanging.once('socket', (socket) => socket.once('connect', resolve)))
    await fetch(new URL('/healthz', server.address))
    await server.close()
    await broken
    await server.close()
  })
})

test('nothing that a peer chooses is a name or a label', async () => {
  const network = new MemoryNetwork()
  const metrics = createMetrics()
  const { meter, attach } = serverMetrics(metrics)
  const evil = 'evil"}\n# TYPE forged counter\nforged 1\n'
  const node = (options: Partial<ServerOptions>, address?: string) =>
    new Server({
      privateKey: `${address === undefined ? '1' : '2'}`.repeat(64),
      transports: [network.transport(address === undefined ? {} : { address })],
      protocols: [{ name: 'talk', version: 1, length: 4, run: async (_peer, rw) => void (await rw.read()) }],
      ...options,
    })
  const listener = node({ meter }, '127.0.0.1:30303')
  attach(listener)
  const dialer = node({
    name: evil,
    protocols: [
      {
        name: 'talk',
        version: 1,
        length: 4,
        async run(_peer, rw) {
          await rw.send(3, evil)
          for await (const _ of rw);
        },
      },
      { name: 'chosen', version: 99, length: 4, run: async () => {} },
    ],
  })
  const dropped = new Promise((resolve) => listener.addEventListener('peerdrop', resolve))
  await listener.start()
  await dialer.start()
  dialer.addPeer(listener.self)
  await dropped
  const text = await metrics.text()
  await dialer.stop()
  await listener.stop()
  expect(text).toContain('p2p_ingress_talk_1_0x03_packets 1')
  expect(text).not.toMatch(/evil|forged|chosen|99/)
  // Every line is a comment or a sample with a number.
  for (const line of text.split('\n'))
    expect(line).toMatch(/^(|# (HELP|TYPE) .*|[a-z0-9_]+(\{[^"]+="[^"]*"(,[^"]+="[^"]*")*\})? (\d+(\.\d+)?|Nan))$/)
})

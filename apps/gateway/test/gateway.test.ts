import { once } from 'node:events'
import { createServer } from 'node:net'
import type { LogFields } from '@ethspan/core'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { GatewayConfig } from '../src/config.js'
import { startGateway } from '../src/gateway.js'
import { testConfig } from './support.js'

// Real handshakes on a machine that may be busy: far more than it takes, so that only what never happens fails.
vi.setConfig({ testTimeout: 30_000 })
const eventually = <T>(look: () => T) => expect.poll(look, { timeout: 20_000 })

function recordingLog() {
  const lines: { level: string; message: string; fields: LogFields | undefined }[] = []
  const at = (level: string) => (message: string, fields?: LogFields) => {
    lines.push({ level, message, fields })
  }
  const log = { trace: at('trace'), debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  const infos = () => lines.filter(({ level }) => level === 'info')
  return { log, infos }
}

async function start(over: Partial<GatewayConfig> = {}, log = recordingLog()) {
  const gateway = await startGateway(testConfig(over), { log: log.log })
  onTestFinished(() => gateway.stop())
  return { ...gateway, infos: log.infos }
}

/** A port that somebody else listens on. */
async function takenPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
  })
  return (server.address() as { port: number }).port
}

test('two gateways become peers over TCP, and part with the reason told', async () => {
  const first = await start()
  const second = await start({ staticNodes: [first.enode], identity: 'second' })
  await expect
    .poll(() => first.server.peers.map(({ name }) => name))
    .toEqual([expect.stringMatching(/^ethspan\/second\/v0\.1\.0\//)])
  await second.stop()
  await eventually(() => first.infos().map(({ message }) => message)).toEqual(['peer connected', 'peer gone'])
  expect(first.infos()[1]?.fields).toMatchObject({ reason: 'client quitting', by: 'peer', peers: 0 })
})

test('they become peers over the WebSocket that node.json tells of', async () => {
  const first = await start()
  const { dial, enode, id } = await (await fetch(`${first.pageUrl}node.json`)).json()
  expect(enode).toBe(first.enode)
  expect(id).toBe(first.server.self.id)
  expect(dial).toMatch(/^enode\+ws:\/\/[0-9a-f]{128}@127\.0\.0\.1:\d+\/p2p$/)
  const second = await start({ staticNodes: [dial] })
  await eventually(() => second.server.peers.map(({ transport }) => transport)).toEqual(['ws'])
})

test('the enode URL can be pasted into any shell, and is the same after a restart', async () => {
  const config = testConfig()
  const first = await startGateway(config)
  expect(first.enode).toMatch(/^enode:\/\/[0-9a-f]{128}@127\.0\.0\.1:\d+$/)
  await first.stop()
  const second = await startGateway({ ...config, tcp: { host: '127.0.0.1', port: first.port } })
  onTestFinished(() => second.stop())
  expect(second.enode).toBe(first.enode)
})

test('a second node on the same data directory runs with a key of its own', async () => {
  const config = testConfig()
  const first = await start({ key: config.key })
  const second = await start({ key: config.key, staticNodes: [first.enode] })
  expect(second.notes).toEqual([expect.stringContaining('is in use by process')])
  await eventually(() => first.server.peerCount).toBe(1)
})

describe('a port that is taken', () => {
  test('for TCP: says which flag, and leaves nothing open', async () => {
    const port = await takenPort()
    const config = testConfig({ tcp: { host: '127.0.0.1', port } })
    await expect(startGateway(config)).rejects.toMatchObject({
      code: 'ERR_LISTEN',
      message: expect.stringContaining(`${port}`),
      hint: expect.stringContaining('--port'),
    })
    const again = await startGateway({ ...config, tcp: { host: '127.0.0.1', port: 0 } })
    expect(again.notes).toEqual([])
    await again.stop()
  })

  test('for browsers: the same', async () => {
    const port = await takenPort()
    const { web, ...config } = testConfig()
    await expect(startGateway({ ...config, web: { ...web, port } })).rejects.toMatchObject({
      code: 'ERR_LISTEN',
      message: `can't listen for browsers on 127.0.0.1:${port}: the port is in use`,
      hint: expect.stringContaining('--web.port'),
    })
  })
})

test('a node that can’t be reached is told of once, with the time of the next try', async () => {
  const key = (await start()).enode.slice('enode://'.length, 'enode://'.length + 128)
  const { infos } = await start({ staticNodes: [`enode://${key}@127.0.0.1:${await freePort()}`] })
  await eventually(infos).toEqual([
    {
      level: 'info',
      message: "can't reach a node",
      fields: expect.objectContaining({ again: expect.stringMatching(/^in \d s$/) }),
    },
  ])
})

/** A port on which nobody listens any more. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

test('stopping twice is stopping once', async () => {
  const gateway = await startGateway(testConfig())
  await Promise.all([gateway.stop(), gateway.stop()])
  await gateway.stop()
})

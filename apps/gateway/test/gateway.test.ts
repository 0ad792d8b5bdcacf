import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import type { LogFields } from '@ethspan/core'
import { connect } from '@ethspan/rpc/endpoints'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { GatewayConfig } from '../src/config.js'
import { startGateway } from '../src/gateway.js'
import { temporaryFolder, testConfig, testRpc } from './support.js'

// Real handshakes on a machine that may be busy: far more than it takes, so that only what never happens fails.
vi.setConfig({ testTimeout: 30_000 })
const eventually = <T>(look: () => T) => expect.poll(look, { timeout: 20_000 })

function recordingLog() {
  const lines: { level: string; message: string; fields: LogFields | undefined }[] = []
  const at = (level: string) => (message: string, fields?: LogFields) => {
    lines.push({ level, message, fields })
  }
  const log = { trace: at('trace'), debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  const infos = () => lines.filter(({ level, fields }) => level === 'info' && fields?.module === 'p2p')
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

test('a second node on the same data directory is refused, or runs with a key of its own and without a socket', async () => {
  const { dataDir } = testConfig()
  const first = await start({ dataDir })
  const second = await start({ dataDir, ifLocked: 'do-without', staticNodes: [first.enode] })
  expect(second.rpc.ipc).toBeUndefined()
  expect(second.notes).toEqual([expect.stringContaining('is in use by process')])
  await eventually(() => first.server.peerCount).toBe(1)
  await expect(startGateway(testConfig({ dataDir }))).rejects.toMatchObject({
    code: 'ERR_DATA_DIR',
    message: `the data directory ${dataDir} is in use by this process`,
    hint: expect.stringContaining('--datadir'),
  })
})

describe('JSON-RPC', () => {
  test('is asked over the socket in the data directory, with everything there is', async () => {
    const gateway = await start()
    const client = await connect(gateway.rpc.ipc ?? '')
    expect(await client.request('rpc_modules')).toEqual({ admin: '1.0', net: '1.0', rpc: '1.0', web3: '1.0' })
    expect(await client.request('admin_datadir')).toBe(gateway.node.dataDir?.path)
    expect(await client.request('admin_nodeInfo')).toMatchObject({ id: gateway.server.self.id })
    expect(await client.request('admin_startHTTP', ['127.0.0.1', 0])).toBe(true)
    client.close()
  })

  test('offers strangers net and web3, unless more was asked for', async () => {
    const { rpc } = await start({
      rpc: testRpc({
        http: { ...testRpc().http, enabled: true },
        ws: { ...testRpc().ws, enabled: true, apis: ['admin'] },
      }),
    })
    const overHttp = await connect(rpc.http ?? '')
    expect(await overHttp.request('rpc_modules')).toEqual({ net: '1.0', rpc: '1.0', web3: '1.0' })
    const overWs = await connect(rpc.ws ?? '')
    expect(await overWs.request('rpc_modules')).toEqual({ admin: '1.0', rpc: '1.0' })
    overWs.close()
  })

  test('has an authenticated port whose secret is made in the data directory', async () => {
    const { node, rpc } = await start({
      rpc: testRpc({ auth: { host: '127.0.0.1', port: 0, vhosts: ['localhost'] } }),
    })
    const secret = readFileSync(path.join(node.dataDir?.instancePath ?? '', 'jwtsecret'), 'utf8')
    expect(secret).toMatch(/^0x[0-9a-f]{64}$/)
    const client = await connect(rpc.auth ?? '')
    await expect(client.request('net_version')).rejects.toThrow('missing token')
  })

  test('without a socket where its path would be too long, and says so', async () => {
    const dataDir = path.join(temporaryFolder(), 'd'.repeat(120))
    const { rpc, notes } = await start({ dataDir })
    expect(rpc.ipc).toBeUndefined()
    expect(notes).toEqual([expect.stringMatching(/^There is no IPC socket: .*--ipcpath/)])
    const named = testConfig({ dataDir: path.join(dataDir, 'e'), rpc: testRpc({ ipc: { path: 'x.ipc' } }) })
    await expect(startGateway(named)).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
  })

  test('on a port that is taken: says which flag, and leaves nothing open', async () => {
    const port = await takenPort()
    const config = testConfig({ rpc: testRpc({ http: { ...testRpc().http, enabled: true, port } }) })
    await expect(startGateway(config)).rejects.toMatchObject({
      code: 'ERR_LISTEN',
      message: expect.stringContaining(`${port}`),
      hint: expect.stringContaining('--http.port'),
    })
    await (await startGateway({ ...config, rpc: testRpc() })).stop()
  })

  test('on what can’t be opened for another reason: says which flag', async () => {
    const first = await start()
    await expect(
      startGateway(testConfig({ rpc: testRpc({ ipc: { path: first.rpc.ipc ?? '' } }) })),
    ).rejects.toMatchObject({
      code: 'ERR_LISTEN',
      hint: 'Name another one with --ipcpath, or open none with --ipcdisable.',
    })
    // An address for documentation (RFC 5737), which no machine has.
    const elsewhere = { enabled: true, host: '192.0.2.1', port: 0 }
    await expect(
      startGateway(testConfig({ rpc: testRpc({ ws: { ...testRpc().ws, ...elsewhere } }) })),
    ).rejects.toMatchObject({ code: 'ERR_LISTEN', hint: 'Name one that it has with --ws.addr.' })
    await expect(startGateway(testConfig({ tcp: elsewhere }))).rejects.toMatchObject({
      code: 'ERR_LISTEN',
      hint: 'Name one that it has with --addr.',
    })
  })
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

// geth's own console on our node.
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { silentLogger, systemClock } from '@ethspan/core'
import { nodeApis } from '@ethspan/rpc'
import { EndpointController } from '@ethspan/rpc/endpoints'
import { expect, onTestFinished, test } from 'vitest'
import { TestServer } from '../support/test-server.js'
import { binary } from './geth-process.js'

const run = promisify(execFile)

/** How long geth may take to start, connect and answer. */
const ATTACH_TIMEOUT_MS = 30_000

/** What the console prints for an expression. */
async function attach(to: string, expression: string): Promise<string> {
  const { stdout } = await run(binary('ETHSPAN_GETH'), ['attach', '--exec', expression, to], {
    timeout: ATTACH_TIMEOUT_MS,
  })
  return stdout.trim()
}

/** The same as a value: what the node sent, decoded by geth and encoded again by its console. */
async function value(to: string, expression: string): Promise<unknown> {
  return JSON.parse(JSON.parse(await attach(to, `JSON.stringify(${expression})`)))
}

/** Two peers over TCP, of which one can be attached to as with `--http --http.api admin,net,web3`. */
async function start() {
  const folder = await mkdtemp(join(tmpdir(), 'ethspan-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const [ours, other] = [await TestServer.start(), await TestServer.start()]
  ours.server.addPeer(other.enode)
  await ours.peerAdded(other.id)
  const endpoints = new EndpointController({
    ipc: { path: join(folder, 'node.ipc') },
    http: { enabled: true, port: 0, apis: ['admin', 'net', 'web3'] },
    ws: { enabled: true, port: 0, apis: ['admin', 'net', 'web3'] },
  })
  const apis = nodeApis({ server: ours.server, dataDir: folder }, { endpoints })
  const open = await endpoints.open({ apis: () => apis, log: silentLogger, clock: systemClock })
  onTestFinished(() => open.close())
  return { ours, other, at: endpoints.addresses as { ipc: string; http: string; ws: string }, folder }
}

test.each(['ipc', 'http', 'ws'] as const)('geth attach over %s shows node and peers', async (way) => {
  const { ours, other, at } = await start()
  expect(await value(at[way], 'admin.nodeInfo')).toEqual(JSON.parse(JSON.stringify(ours.server.nodeInfo())))
  expect(await value(at[way], 'admin.peers')).toMatchObject([
    {
      id: other.id,
      enode: other.enode,
      caps: ['echo/1'],
      network: { inbound: false, static: true, trusted: false },
      protocols: { echo: { version: 1 } },
    },
  ])
  // As people type it: the console prints its own notation.
  expect(await attach(at[way], 'admin.peers')).toContain(`id: "${other.id}"`)
  expect(await attach(at[way], 'admin.nodeInfo')).toContain(`enode: "${ours.enode}"`)
})

test('geth attach administers the node over IPC', async () => {
  const { ours, other, at, folder } = await start()
  expect(await value(at.ipc, '[net.peerCount, net.listening, net.version, web3.version.node, admin.datadir]')).toEqual([
    1,
    true,
    '0',
    ours.server.nodeInfo().name,
    folder,
  ])
  expect(await attach(at.ipc, `admin.removePeer("${other.enode}")`)).toBe('true')
  expect(await value(at.ipc, 'admin.peers')).toEqual([])
  expect(await attach(at.ipc, `admin.addTrustedPeer("${other.enode}")`)).toBe('true')
  expect(await attach(at.ipc, 'admin.stopHTTP()')).toBe('true')
  // WebSocket shares the port and stays.
  expect(await value(at.ws, 'net.listening')).toBe(true)
  await expect(attach(at.http, 'admin.peers')).rejects.toThrow(/404 Not Found/)
  expect(await attach(at.ipc, `admin.startHTTP("127.0.0.1", 0, "", "net")`)).toBe('true')
  expect(await attach(at.ipc, 'admin.addPeer("enode://x")').catch((error) => error.stdout + error.stderr)).toMatch(
    /invalid enode/,
  )
})

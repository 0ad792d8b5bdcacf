import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import type { GatewayConfig, RpcConfig } from '../src/config.js'

/** A folder for one test, deleted after it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'ethspan-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A gateway on free ports of this machine, with a data directory of its own. */
export function testConfig(over: Partial<GatewayConfig> = {}): GatewayConfig {
  return {
    dataDir: temporaryFolder(),
    ifLocked: 'refuse',
    tcp: { host: '127.0.0.1', port: 0 },
    web: { host: '127.0.0.1', port: 0, page: false, trustProxy: false },
    rpc: testRpc(),
    maxPeers: 10,
    maxPendingPeers: 10,
    netRestrict: [],
    staticNodes: [],
    trustedNodes: [],
    ...over,
  }
}

/** The IPC socket in the data directory, and nothing else. */
export function testRpc(over: Partial<RpcConfig> = {}): RpcConfig {
  const local = { enabled: false, host: '127.0.0.1', port: 0, apis: ['net', 'web3'] }
  return { ipc: {}, http: { ...local, cors: [], vhosts: ['localhost'] }, ws: { ...local, origins: [] }, ...over }
}

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import type { ChainSettings, GatewayConfig, RpcConfig } from '../src/config.js'

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
    stats: {},
    maxPeers: 10,
    maxPendingPeers: 10,
    netRestrict: [],
    staticNodes: [],
    trustedNodes: [],
    ...over,
  }
}

/** A development chain in memory, with a block each second. */
export function devSettings(over: Partial<ChainSettings> = {}): ChainSettings {
  return {
    choice: { kind: 'dev' },
    place: 'memory',
    keep: 1_024,
    execute: true,
    blockPeriod: 1,
    importFiles: [],
    trustedHeads: [],
    rpcLimits: {},
    pool: { priceLimit: 1, priceBump: 10, accountSlots: 16, globalSlots: 5_120 },
    ...over,
  }
}

/** Of a node that follows the development chain of these nodes. */
export function followerSettings(...trustedHeads: string[]): ChainSettings {
  const { blockPeriod: _, ...settings } = devSettings({ execute: false, trustedHeads })
  return settings
}

/** The IPC socket in the data directory, and nothing else. */
export function testRpc(over: Partial<RpcConfig> = {}): RpcConfig {
  const local = { enabled: false, host: '127.0.0.1', port: 0, apis: ['net', 'web3'] }
  return { ipc: {}, http: { ...local, cors: [], vhosts: ['localhost'] }, ws: { ...local, origins: [] }, ...over }
}

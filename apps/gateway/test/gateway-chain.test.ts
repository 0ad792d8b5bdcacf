// Gateways with a chain: what the services of a running one do together.
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'
import { StatsServer } from '@ethspan/ethstats/server'
import { devGenesis } from '@ethspan/execution'
import { connect } from '@ethspan/rpc/endpoints'
import { createPublicClient, createWalletClient, http, parseEther } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { GatewayConfig } from '../src/config.js'
import { type StartOptions, startGateway } from '../src/gateway.js'
import { listen } from '../src/listen.js'
import { devSettings, followerSettings, temporaryFolder, testConfig, testRpc } from './support.js'

// Blocks come one a second, on a machine that may be busy: far more than it takes, so that only what never happens fails.
vi.setConfig({ testTimeout: 40_000 })
const eventually = <T>(look: () => T | Promise<T>) => expect.poll(look, { timeout: 30_000, interval: 100 })

async function start(over: Partial<GatewayConfig> = {}, options: StartOptions = {}) {
  const config = testConfig({ chain: devSettings(), ...over })
  const gateway = await startGateway(config, options)
  onTestFinished(() => gateway.stop())
  const ipc = await connect(gateway.rpc.ipc ?? '')
  onTestFinished(() => ipc.close())
  const ask = <T>(method: string, ...params: unknown[]) => ipc.request<T>(method, params)
  const head = async () => Number(await ask<string>('eth_blockNumber'))
  return { ...gateway, config, ask, head }
}

const overHttp = () => testRpc({ http: { ...testRpc().http, enabled: true, apis: ['eth', 'net', 'web3'] } })

test('makes a development chain, and a second node follows it over TCP and checks each block', async () => {
  const first = await start()
  const second = await start({ chain: followerSettings(first.enode), staticNodes: [first.enode] })
  await eventually(second.head).toBeGreaterThanOrEqual(3)
  const block = await second.ask<{ hash: string }>('eth_getBlockByNumber', '0x3', false)
  expect(await first.ask('eth_getBlockByNumber', '0x3', false)).toEqual(block)
  expect(second.notes).toEqual([expect.stringContaining('--peers are believed')])
  expect(await second.ask('net_version')).toBe('1337')
})

test('mines what is sent to it over JSON-RPC', async () => {
  const { rpc, ask } = await start({ rpc: overHttp() })
  const transport = http(rpc.http)
  const account = privateKeyToAccount(generatePrivateKey())
  const client = createPublicClient({ transport, pollingInterval: 100 })
  const { hash: gift } = await ask<{ hash: `0x${string}` }>('dev_fund', account.address)
  await client.waitForTransactionReceipt({ hash: gift })
  expect(await client.getBalance(account)).toBe(parseEther('10'))

  const to = '0x00000000000000000000000000000000000000AA'
  const wallet = createWalletClient({ account, transport })
  const hash = await wallet.sendTransaction({ to, value: parseEther('1'), chain: null })
  expect(await client.waitForTransactionReceipt({ hash })).toMatchObject({ status: 'success' })
  expect(await client.getBalance({ address: to })).toBe(parseEther('1'))
})

test('mines what is sent to a node that follows it', async () => {
  const first = await start({ rpc: overHttp() })
  const second = await start({ rpc: overHttp(), chain: followerSettings(first.enode), staticNodes: [first.enode] })
  const account = privateKeyToAccount(generatePrivateKey())
  const { hash: gift } = await first.ask<{ hash: `0x${string}` }>('dev_fund', account.address)
  const [ofFirst, ofSecond] = [first, second].map(({ rpc }) =>
    createPublicClient({ transport: http(rpc.http), pollingInterval: 100 }),
  )
  await ofSecond!.waitForTransactionReceipt({ hash: gift })
  const request = {
    to: account.address,
    value: 1n,
    gas: 21_000n,
    nonce: 0,
    chainId: 1337,
    maxFeePerGas: 3n * 10n ** 9n,
  }
  const signed = await account.signTransaction({ ...request, maxPriorityFeePerGas: 1n })
  const hash = await ofSecond!.sendRawTransaction({ serializedTransaction: signed })
  expect(await ofFirst!.waitForTransactionReceipt({ hash })).toMatchObject({ status: 'success' })
})

test('tells pages of its chain, proves accounts to them, and gives them coins', async () => {
  const { pageUrl, ask, head } = await start()
  const url = (place: string) => new URL(place, pageUrl)
  const json = async (place: string, init?: RequestInit) => (await fetch(url(place), init)).json()
  const { chain } = await json('node.json')
  expect(chain).toEqual({ name: 'dev', networkId: '1337', genesis: expect.stringMatching(/^0x\w{64}$/), faucet: true })
  expect(await json('genesis.json')).toMatchObject({ config: { chainId: 1337, osakaTime: 0 } })

  const address = `0x${'ab'.repeat(20)}`
  const body = JSON.stringify({ address })
  const headers = { 'content-type': 'application/json', origin: url('/').origin }
  expect(await json('faucet', { method: 'POST', headers, body })).toMatchObject({ amount: '0x8ac7230489e80000' })
  await eventually(() => ask('eth_getBalance', address, 'latest')).toBe('0x8ac7230489e80000')
  const { hash } = await ask<{ hash: string }>('eth_getBlockByNumber', `0x${(await head()).toString(16)}`, false)
  const { accountProof } = await json(`account/${address}?block=${hash}`)
  expect(await ask('eth_getProof', address, [], { blockHash: hash })).toMatchObject({ accountProof })
})

test('with a period of 0 makes a block for what waits, and none where nothing does', async () => {
  const { ask } = await start({ chain: devSettings({ blockPeriod: 0 }) })
  for (const number of ['0x1', '0x2']) {
    const { hash } = await ask<{ hash: string }>('dev_fund', `0x${'ab'.repeat(20)}`)
    await eventually(() => ask('eth_getTransactionReceipt', hash)).toMatchObject({ blockNumber: number, status: '0x1' })
  }
})

test.each([
  [{ report: 'me:hush@' }, 'the ethstats URL is not name:secret@host:port'],
  [{ report: 'me:hush@host:99999' }, 'the port is not 1 to 65535'],
])('refuses to report to %o, in one line, and leaves nothing open', async (stats, why) => {
  const config = testConfig({ chain: devSettings(), stats })
  const failed = startGateway(config)
  await expect(failed).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION', message: expect.stringContaining(why) })
  await (await startGateway({ ...config, stats: {} })).stop()
})

test('serves a stats page, to which it reports itself', async () => {
  const pageDir = temporaryFolder()
  writeFileSync(path.join(pageDir, 'index.html'), 'page')
  writeFileSync(path.join(pageDir, 'stats.html'), 'stats')
  const web = { ...testConfig().web, page: true }
  const { statsUrl = '', pageUrl } = await start({ web, identity: 'mine' }, { pageDir })
  expect(statsUrl).toBe(`${pageUrl}stats`)
  expect(await (await fetch(statsUrl)).text()).toBe('stats')
  const socket = new WebSocket(`${pageUrl.replace('http', 'ws')}stats/feed`)
  onTestFinished(() => socket.terminate())
  let feed = ''
  socket.on('message', (data) => {
    feed = String(data)
  })
  await eventually(() => feed).toContain('"mine"')
})

test('reports to the server that was named and to its own page, too', async () => {
  const pageDir = temporaryFolder()
  writeFileSync(path.join(pageDir, 'index.html'), 'page')
  writeFileSync(path.join(pageDir, 'stats.html'), 'stats')
  const server = createServer()
  const stats = new StatsServer({ secrets: ['hush'] })
  stats.attach(server)
  const { port, close } = await listen(server, '127.0.0.1', 0)
  onTestFinished(async () => {
    stats.close()
    await close()
  })
  const web = { ...testConfig().web, page: true }
  const { pageUrl } = await start({ web, stats: { report: `there:hush@ws://127.0.0.1:${port}` } }, { pageDir })
  await eventually(() => stats.snapshot().nodes.map(({ id }) => id)).toEqual(['there'])
  const socket = new WebSocket(`${pageUrl.replace('http', 'ws')}stats/feed`)
  onTestFinished(() => socket.terminate())
  let feed = ''
  socket.on('message', (data) => {
    feed += String(data)
  })
  await eventually(() => feed).toContain('"gateway"')
})

test('goes on with its chain where that is kept in the data directory', async () => {
  const chain = devSettings({ place: 'data-dir' })
  const config = testConfig({ chain })
  const first = await start({ ...config })
  await eventually(first.head).toBeGreaterThanOrEqual(2)
  const second = await first.ask<object>('eth_getBlockByNumber', '0x2', true)
  await first.stop()
  const again = await start({ ...config })
  expect(await again.head()).toBeGreaterThanOrEqual(2)
  expect(await again.ask('eth_getBlockByNumber', '0x2', true)).toEqual(second)
})

test('refuses chain data of another genesis in one line, and leaves nothing open', async () => {
  const config = testConfig({ chain: devSettings({ place: 'data-dir' }) })
  await (await startGateway(config)).stop()
  const file = path.join(temporaryFolder(), 'genesis.json')
  writeFileSync(file, JSON.stringify({ ...devGenesis(), timestamp: '0x1' }))
  const other = devSettings({ place: 'data-dir', choice: { kind: 'genesis', file } })
  await expect(startGateway({ ...config, chain: other })).rejects.toMatchObject({
    code: 'ERR_DATA_DIR',
    message: expect.stringMatching(/^[^\n]*genesis[^\n]*$/),
    hint: expect.stringContaining('--genesis'),
  })
  await (await startGateway(config)).stop()
})

test.each([
  ['that is not there', undefined, 'it does not exist'],
  ['that is no JSON', '{\n', 'it is not JSON'],
  ['that is no genesis', '{"config":{}}', '"gasLimit"'],
])('refuses a genesis file %s in one line with its name', async (_, text, why) => {
  const folder = temporaryFolder()
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, 'genesis.json')
  if (text !== undefined) writeFileSync(file, text)
  const chain = devSettings({ choice: { kind: 'genesis', file } })
  const failed = startGateway(testConfig({ chain }))
  await expect(failed).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION', message: expect.stringContaining(why) })
  await expect(failed).rejects.toThrow(/^can't use the genesis file \S+genesis\.json: [^\n]+$/)
})

// The program as its flags make it, beside geth: each gets the whole chain from the other, and geth shows on the stats page.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@ethspan/rpc/endpoints'
import { SignJWT } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { parseCommandLine } from '../../apps/gateway/src/cli.js'
import { startGateway } from '../../apps/gateway/src/gateway.js'
import {
  type Geth,
  readHeadForkchoice,
  startGeth,
  TEST_CHAIN_BLOCKS,
  TEST_CHAIN_NETWORK_ID,
  testChainFolder,
} from './geth-node.js'

/** Milliseconds for a chain of 600 blocks to be fetched, and executed where that is asked for, on a busy machine. */
const SYNC = 120_000
/** Of the authenticated port. */
const SECRET = '22'.repeat(32)
const HEAD = `0x${TEST_CHAIN_BLOCKS.toString(16)}`

/** A gateway with geth's test chain, on free ports, with these further flags. */
async function startEthspan(folder: string, ...flags: string[]) {
  const dataDir = await mkdtemp(join(tmpdir(), 'ethspan-interop-'))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  const jwtFile = join(dataDir, 'jwt')
  await writeFile(jwtFile, SECRET)
  const chain = ['--genesis', join(folder, 'genesis.json'), '--networkid', `${TEST_CHAIN_NETWORK_ID}`]
  const ports = ['--port', '0', '--web.port', '0', '--authrpc.port', '0', '--authrpc.jwtsecret', jwtFile]
  const said: string[] = []
  const output = { out: (text: string) => said.push(text), err: (text: string) => said.push(text) }
  const commandLine = parseCommandLine([...chain, ...ports, '--datadir', dataDir, ...flags], output)
  if (commandLine.kind !== 'run') throw new Error(`the flags were refused: ${said.join('')}`)
  const gateway = await startGateway(commandLine.config)
  onTestFinished(() => gateway.stop())
  const ipc = await connect(gateway.rpc.ipc ?? '')
  onTestFinished(() => ipc.close())
  const blockNumber = () => ipc.request<string>('eth_blockNumber')
  return { ...gateway, ipc, blockNumber }
}

const reaches = (look: () => Promise<string>, number: string) =>
  expect.poll(look, { timeout: SYNC, interval: 200 }).toBe(number)

/** Tells an empty geth what its head is, as its consensus client would. */
const tellHead = async (geth: Geth, folder: string) =>
  geth.engine('engine_forkchoiceUpdatedV4', ...(await readHeadForkchoice(folder)))

test('geth syncs the chain that ethspan imported, and shows on its stats page', { timeout: 2 * SYNC }, async () => {
  const folder = await testChainFolder()
  const { enode, pageUrl, blockNumber } = await startEthspan(folder, '--import', join(folder, 'chain.rlp'))
  expect(await blockNumber()).toBe(HEAD)
  const { host } = new URL(pageUrl)
  const geth = await startGeth(folder, { empty: true, http: true, ethstats: `real geth:ethspan@${host}` })
  await geth.rpc('admin_addPeer', enode)
  await geth.logged(/Ethereum peer connected/)
  await tellHead(geth, folder)
  await reaches(() => geth.rpc('eth_blockNumber'), HEAD)

  const socket = new WebSocket(`ws://${host}/stats/feed`)
  onTestFinished(() => socket.terminate())
  let shown = ''
  socket.on('message', (data) => {
    shown += String(data)
  })
  await expect.poll(() => shown, { timeout: 20_000 }).toContain('real geth')
})

test('ethspan follows geth where that is trusted about its head, and executes every block', {
  timeout: 2 * SYNC,
}, async () => {
  const folder = await testChainFolder()
  const geth = await startGeth(folder, { http: true })
  const { blockNumber, ipc } = await startEthspan(folder, '--execute', '--trusted-head', geth.enode)
  await reaches(blockNumber, HEAD)
  const head = await geth.rpc<{ hash: string; miner: string }>('eth_getBlockByNumber', 'latest', false)
  expect(await ipc.request('eth_getBlockByNumber', ['latest', false])).toMatchObject({ hash: head.hash })
  const account = '0x7435ed30a8b4aeb0877cef0c6e8cffe834eb865f'
  expect(await ipc.request('eth_getBalance', [account, 'latest'])).toBe(
    await geth.rpc('eth_getBalance', account, 'latest'),
  )
})

test('ethspan follows what a consensus client says on its authenticated port', { timeout: 2 * SYNC }, async () => {
  const folder = await testChainFolder()
  const geth = await startGeth(folder)
  const { blockNumber, rpc } = await startEthspan(folder, '--peers', geth.enode)
  const token = () => new SignJWT().setProtectedHeader({ alg: 'HS256' }).setIssuedAt().sign(Buffer.from(SECRET, 'hex'))
  const engine = await connect(rpc.auth ?? '', { headers: async () => ({ authorization: `Bearer ${await token()}` }) })
  onTestFinished(() => engine.close())
  const answer = await engine.request('engine_forkchoiceUpdatedV4', [...(await readHeadForkchoice(folder))])
  expect(answer).toMatchObject({ payloadStatus: { status: 'SYNCING' } })
  await reaches(blockNumber, HEAD)
})

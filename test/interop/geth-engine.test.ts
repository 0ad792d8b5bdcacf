// The Engine API against geth's: a geth and a node of ours, both with the genesis block alone, are driven by the same calls
// through the whole test chain, and answer alike.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Block,
  BlockImporter,
  type Chain,
  chainSpec,
  encodeHeader,
  type HeaderFields,
  headerHash,
  openChain,
  parseGenesis,
} from '@ethspan/chain'
import { bytesToHex, hexToBytes, silentLogger, systemClock } from '@ethspan/core'
import { engineApi } from '@ethspan/ethapi'
import { openExecution } from '@ethspan/execution'
import { memoryStore } from '@ethspan/node/memory'
import { type RpcClient, RpcError } from '@ethspan/rpc'
import { auth, connect } from '@ethspan/rpc/endpoints'
import { SignJWT } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { readTestGenesis, startGeth, TEST_CHAIN_BLOCKS, TEST_CHAIN_NETWORK_ID, testChainFolder } from './geth-node.js'
import { blocksOfFile } from './rpc-pair.js'

const ZERO = `0x${'00'.repeat(32)}`
const UNKNOWN = `0x${'12'.repeat(32)}`
const hexOf = (bytes: Uint8Array) => `0x${bytesToHex(bytes)}`

/** For those that run the whole chain. */
const LONG_MS = 240_000

type Payload = Readonly<Record<string, unknown>> & { readonly blockHash: string; readonly blockNumber: string }
interface NewPayload {
  readonly method: string
  readonly params: readonly [Payload, ...unknown[]]
}

interface Engine {
  readonly chain: Chain
  /** What both answer, geth first. */
  both(method: string, ...params: readonly unknown[]): Promise<unknown[]>
  /** A call to both, which both answer alike; what geth answers. */
  alike(method: string, ...params: readonly unknown[]): Promise<unknown>
  /** One call of the file, or a changed one. */
  newPayload(call: NewPayload, changes?: object): Promise<unknown>
  forkchoice(head: string, more?: { readonly safe?: string; readonly finalized?: string }): Promise<unknown>
}

/** The calls that bring blocks 0 to 600, as they come with geth's sources. */
async function readCalls(): Promise<NewPayload[]> {
  return JSON.parse(await readFile(join(await testChainFolder(), 'newpayload.json'), 'utf8'))
}

async function startBoth(): Promise<Engine> {
  const folder = await testChainFolder()
  const geth = await startGeth(folder, { empty: true })
  const spec = await chainSpec(parseGenesis(await readTestGenesis(folder)), TEST_CHAIN_NETWORK_ID)
  const chain = await openChain({ store: memoryStore(), spec })
  onTestFinished(() => chain.close())
  const executor = await openExecution({ store: memoryStore(), spec, chain })
  const apis = [engineApi({ chain, executor, importer: new BlockImporter({ chain, executor }) })]
  const jwtSecret = hexToBytes(geth.authrpc.jwtSecret)
  const open = await auth({ port: 0, jwtSecret }).open({ apis: () => apis, log: silentLogger, clock: systemClock })
  onTestFinished(() => open.close())
  const [theirs, ours] = await Promise.all([geth.authrpc.url, open.address].map((url) => client(url, jwtSecret)))

  const both = (method: string, ...params: readonly unknown[]) =>
    Promise.all([theirs!, ours!].map((it) => answerOf(it, method, params)))
  const alike = async (method: string, ...params: readonly unknown[]) => {
    const answers = await both(method, ...params)
    expect(answers[1], `${method} ${JSON.stringify(params).slice(0, 1000)}`).toEqual(answers[0])
    return answers[0]
  }
  return {
    chain,
    both,
    alike,
    newPayload: ({ method, params: [payload, ...beside] }, changes = {}) =>
      alike(method, { ...payload, ...changes }, ...beside),
    forkchoice: (head, { safe = ZERO, finalized = ZERO } = {}) =>
      alike('engine_forkchoiceUpdatedV4', forkchoiceState(head, safe, finalized), null, null),
  }
}

const forkchoiceState = (headBlockHash: string, safeBlockHash = ZERO, finalizedBlockHash = ZERO) => ({
  headBlockHash,
  safeBlockHash,
  finalizedBlockHash,
})

async function client(url: string, jwtSecret: Uint8Array): Promise<RpcClient> {
  const headers = async () => {
    const token = new SignJWT({ iat: Math.floor(Date.now() / 1000) }).setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    return { Authorization: `Bearer ${await token.sign(jwtSecret)}` }
  }
  const connected = await connect(url, { headers })
  onTestFinished(() => connected.close())
  return connected
}

async function answerOf(from: RpcClient, method: string, params: readonly unknown[]): Promise<unknown> {
  try {
    return { result: await from.request(method, params) }
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    const { code, message, data } = error
    return { error: { code, message, data } }
  }
}

const VALID = (hash: string) => ({ result: { status: 'VALID', latestValidHash: hash, validationError: null } })

test(
  'every block of the chain is VALID, the head moves, bodies are told',
  async () => {
    const { alike, newPayload, forkchoice, chain } = await startBoth()
    const calls = await readCalls()
    expect(calls).toHaveLength(TEST_CHAIN_BLOCKS + 1)
    // The genesis block is one of proof of work, which a payload can't say.
    await newPayload(calls[0]!)
    for (const call of calls.slice(1)) {
      const { blockHash } = call.params[0]
      expect(await newPayload(call)).toEqual(VALID(blockHash))
      if (BigInt(call.params[0].blockNumber) % 50n === 0n) await forkchoice(blockHash)
    }
    const hashes = calls.map(({ params: [{ blockHash }] }) => blockHash)
    await forkchoice(hashes.at(-1)!, { safe: hashes[590]!, finalized: hashes[580]! })
    expect([chain.head(), chain.safe()!, chain.finalized()!].map(({ number }) => number)).toEqual([600n, 590n, 580n])
    await forkchoice(hashes[585]!)
    await forkchoice(hashes[599]!)
    await forkchoice(hashes[10]!)
    expect(chain.head().number).toBe(599n)
    await forkchoice(hashes[600]!, { safe: UNKNOWN })
    await forkchoice(hashes[600]!, { finalized: UNKNOWN })
    for (const version of [1, 2]) {
      await alike(`engine_getPayloadBodiesByHashV${version}`, [...hashes.slice(1), UNKNOWN])
      await alike(`engine_getPayloadBodiesByRangeV${version}`, '0x1', '0x64')
      await alike(`engine_getPayloadBodiesByRangeV${version}`, '0x250', '0x64')
      await alike(`engine_getPayloadBodiesByRangeV${version}`, '0x0', '0x64')
      await alike(`engine_getPayloadBodiesByRangeV${version}`, '0x1', '0x401')
    }
  },
  LONG_MS,
)

test('going back further than 32 blocks is refused', async () => {
  const { newPayload, forkchoice, chain } = await startBoth()
  const calls = (await readCalls()).slice(0, 41)
  for (const call of calls.slice(1)) await newPayload(call)
  const hash = (number: number) => calls[number]!.params[0].blockHash
  await forkchoice(hash(40))
  await forkchoice(hash(7))
  expect(chain.head().number).toBe(40n)
  await forkchoice(hash(8))
  expect(chain.head().number).toBe(8n)
})

test('what is no block, or not this one, or not for this version', async () => {
  const { alike, newPayload, forkchoice } = await startBoth()
  const calls = await readCalls()
  // The last of each version's fork, their parents missing: SYNCING, once they are what they say.
  const lastOf = (method: string) => calls.findLast((call) => call.method === method)!
  const [v2, v3, v4, v5] = [2, 3, 4, 5].map((version) => lastOf(`engine_newPayloadV${version}`))
  for (const call of [v2!, v3!, v4!, v5!]) {
    await newPayload(call)
    await newPayload(call, { blockHash: UNKNOWN })
    await newPayload(call, { stateRoot: UNKNOWN })
    await newPayload(call, { extraData: `0x${'00'.repeat(33)}` })
    await newPayload(call, { logsBloom: '0x00' })
    await newPayload(call, { withdrawals: null })
    await newPayload(call, { transactions: ['0x'] })
    for (const version of [1, 2, 3, 4, 5]) {
      const MORE = [0, 0, 0, 2, 3, 3]
      const [payload, ...beside] = call.params
      const more = [[], UNKNOWN, []].map((it, i) => beside[i] ?? it).slice(0, MORE[version])
      await alike(`engine_newPayloadV${version}`, payload, ...more)
      await alike(`engine_newPayloadV${version}`, payload, ...more.map(() => null))
    }
  }
  await newPayload(v5!, { blockAccessList: null })
  await newPayload(v5!, { slotNumber: null })
  const [payload, hashes, root] = v5!.params
  await alike('engine_newPayloadV5', payload, hashes, root, ['0x00'])
  await alike('engine_newPayloadV5', payload, hashes, root, ['0x0101', '0x0001'])
  await alike('engine_newPayloadV5', payload, hashes, root, ['0x0001'])
  await forkchoice(ZERO)
  await forkchoice(UNKNOWN)
})

test('a block whose outcome is another than it says, and what stands on it', async () => {
  const { both, newPayload, forkchoice, chain } = await startBoth()
  const calls = await readCalls()
  await newPayload(calls[1]!)
  await newPayload(calls[2]!)
  const blocks = await blocksOfFile(await testChainFolder())
  const lie = changed(calls[3]!, blocks[2]!, { stateRoot: hexToBytes(UNKNOWN.slice(2)) })
  for (let i = 0; i < 2; i++) {
    const [theirs, ours] = await both(lie.method, ...lie.params)
    // Which root it is they say in other words.
    expect(theirs).toMatchObject({ result: { status: 'INVALID', latestValidHash: calls[2]!.params[0].blockHash } })
    expect(ours).toMatchObject({ result: { status: 'INVALID', latestValidHash: calls[2]!.params[0].blockHash } })
  }
  const onIt = changed(calls[4]!, blocks[3]!, { parentHash: hexToBytes(lie.params[0].blockHash.slice(2)) })
  expect(await newPayload(onIt)).toMatchObject({ result: { validationError: 'links to previously rejected block' } })
  await forkchoice(lie.params[0].blockHash)
  await forkchoice(onIt.params[0].blockHash)
  expect(await newPayload(calls[3]!)).toEqual(VALID(calls[3]!.params[0].blockHash))
  expect(chain.head().number).toBe(0n)
})

/** The call with another header, whose hash is told. */
function changed(
  { method, params: [payload, ...beside] }: NewPayload,
  { header }: Block,
  changes: Partial<HeaderFields>,
) {
  const raw = encodeHeader({ ...header, ...changes })
  const text = Object.entries(changes).map(([name, value]) => [name, hexOf(value as Uint8Array)])
  const fields = { ...payload, ...Object.fromEntries(text), blockHash: hexOf(headerHash({ raw })) }
  return { method, params: [fields, ...beside] } as const
}

test('attributes of a block to build', async () => {
  const { alike, newPayload } = await startBoth()
  const calls = await readCalls()
  await newPayload(calls[1]!)
  const state = forkchoiceState(calls[1]!.params[0].blockHash)
  const attributes = {
    timestamp: '0x14',
    prevRandao: ZERO,
    suggestedFeeRecipient: `0x${'00'.repeat(20)}`,
    withdrawals: [],
  }
  const ofCancun = { ...attributes, parentBeaconBlockRoot: ZERO }
  await alike('engine_forkchoiceUpdatedV1', state, attributes)
  await alike('engine_forkchoiceUpdatedV1', state, { ...ofCancun, withdrawals: null })
  await alike('engine_forkchoiceUpdatedV2', state, ofCancun)
  await alike('engine_forkchoiceUpdatedV2', state, { ...attributes, withdrawals: null })
  await alike('engine_forkchoiceUpdatedV2', state, { ...attributes, timestamp: '0x3c' })
  await alike('engine_forkchoiceUpdatedV3', state, attributes)
  await alike('engine_forkchoiceUpdatedV3', state, { ...ofCancun, withdrawals: null })
  await alike('engine_forkchoiceUpdatedV3', state, ofCancun)
  await alike('engine_forkchoiceUpdatedV3', state, { ...ofCancun, timestamp: '0x200' })
  await alike('engine_forkchoiceUpdatedV4', state, { ...ofCancun, timestamp: '0x200' }, null)
  await alike('engine_forkchoiceUpdatedV4', state, { ...ofCancun, slotNumber: '0x1' }, null)
  await alike('engine_getPayloadV3', '0x0300000000000001')
  await alike('engine_exchangeTransitionConfigurationV1', {
    terminalTotalDifficulty: '0x20000',
    terminalBlockHash: ZERO,
    terminalBlockNumber: '0x0',
  })
  await alike('engine_exchangeTransitionConfigurationV1', {
    terminalTotalDifficulty: '0x1',
    terminalBlockHash: ZERO,
    terminalBlockNumber: '0x0',
  })
})

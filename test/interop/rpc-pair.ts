// geth and a node of ours with the same chain, asked the same.
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import {
  BlockImporter,
  type BlockToKeep,
  type Chain,
  chainCommon,
  chainSpec,
  decodeBody,
  decodeHeader,
  decodeReceipt68,
  encodeReceipt69,
  headerHash,
  openChain,
  parseGenesis,
  readChainFile,
} from '@ethspan/chain'
import { encodeRlp, hexToBytes, joinRlpList, silentLogger, splitRlpList, systemClock } from '@ethspan/core'
import { type EthApiLimits, ethApis } from '@ethspan/ethapi'
import { type Execution, openExecution } from '@ethspan/execution'
import { memoryStore } from '@ethspan/node/memory'
import { http, ws } from '@ethspan/rpc/endpoints'
import { TxPool } from '@ethspan/txpool'
import { expect, onTestFinished } from 'vitest'
import {
  type Geth,
  type GethOptions,
  readHeadForkchoice,
  readTestGenesis,
  startGeth,
  TEST_CHAIN_BLOCKS,
  TEST_CHAIN_NETWORK_ID,
  testChainFolder,
} from './geth-node.js'

export type Request = readonly [method: string, ...params: readonly unknown[]]

export interface Answer {
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown }
}

/** Requests sent at once: their answers stay below what geth puts into one. */
const BATCH = 50

const ZERO_HASH = `0x${'00'.repeat(32)}`

/** How many there were on the EVM's stack: geth says it, @ethereumjs does not. */
const STACK_DETAIL = / \(\d+ <=> \d+\)$/

/** Calls methods over HTTP, many at once. */
export async function askAll(url: string, requests: readonly Request[]): Promise<Answer[]> {
  const answers: Answer[] = []
  for (let at = 0; at < requests.length; at += BATCH) {
    const some = requests.slice(at, at + BATCH)
    const body = some.map(([method, ...params], id) => ({ jsonrpc: '2.0', id, method, params }))
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    const list = (await response.json()) as (Answer & { readonly id: number })[]
    if (list.length !== some.length) throw new Error(`${url} gave ${list.length} answers to ${some.length} requests`)
    answers.push(...list.toSorted((a, b) => a.id - b.id).map(plain))
  }
  return answers
}

function plain({ result, error }: Answer): Answer {
  if (error === undefined) return { result }
  return { error: { ...error, message: error.message.replace(STACK_DETAIL, '') } }
}

export interface OurNode {
  readonly chain: Chain
  readonly httpUrl: string
  readonly wsUrl: string
}

export class RpcPair {
  readonly geth: Geth
  readonly ours: OurNode

  constructor(geth: Geth, ours: OurNode) {
    this.geth = geth
    this.ours = ours
  }

  /** Both answer alike. Says what geth answered. */
  async alike(requests: readonly Request[]): Promise<Answer[]> {
    const [theirs, ours] = await this.both(requests)
    for (const [i, request] of requests.entries()) {
      if (isDeepStrictEqual(ours[i], theirs[i])) continue
      expect(ours[i], JSON.stringify(request)).toEqual(theirs[i])
    }
    return theirs
  }

  /** Both fail with the same code. Their words differ where geth's name the types of its language. */
  async failAlike(requests: readonly Request[]): Promise<void> {
    const [theirs, ours] = await this.both(requests)
    for (const [i, request] of requests.entries()) {
      expect(theirs[i]?.error, `geth: ${JSON.stringify(request)}`).toBeDefined()
      expect(ours[i]?.error?.code, JSON.stringify([request, ours[i], theirs[i]])).toBe(theirs[i]?.error?.code)
    }
  }

  both(requests: readonly Request[]): Promise<readonly [theirs: Answer[], ours: Answer[]]> {
    return Promise.all([askAll(this.geth.httpUrl ?? '', requests), askAll(this.ours.httpUrl, requests)])
  }
}

export interface PairOptions {
  /** Ours executes the blocks, keeps their states and has a pool. Default false: its blocks and receipts are geth's. */
  readonly executes?: boolean
  readonly limits?: Partial<EthApiLimits>
  readonly geth?: GethOptions
}

/** Both with the whole test chain; neither outlives the test. */
export async function startPair({ executes = false, limits, geth: options }: PairOptions = {}): Promise<RpcPair> {
  const folder = await testChainFolder()
  const geth = await startGeth(folder, { http: true, ...options })
  const spec = await chainSpec(parseGenesis(await readTestGenesis(folder)), TEST_CHAIN_NETWORK_ID)
  const chain = await openChain({ store: memoryStore(), spec })
  onTestFinished(() => chain.close())
  const state = executes ? await openExecution({ store: memoryStore(), spec, chain }) : undefined
  const blocks = state === undefined ? await blocksOf(geth) : await blocksOfFile(folder)
  if (state === undefined) await chain.putBlocks(blocks)
  else await new BlockImporter({ chain, executor: state }).importBlocks(blocks)
  await chain.setHead(blocks.at(-1)!.hash)
  return new RpcPair(geth, await serve(chain, state, limits))
}

async function serve(chain: Chain, state: Execution | undefined, limits?: Partial<EthApiLimits>): Promise<OurNode> {
  const common = chainCommon(chain.config)
  const pool = state && new TxPool({ chain, state, common, clock: systemClock })
  pool?.start()
  onTestFinished(() => pool?.stop())
  const apis = ethApis({ chain, state, pool, limits })
  const context = { apis: () => apis, log: silentLogger, clock: systemClock }
  const overHttp = await http({ port: 0, apis: ['debug', 'eth', 'txpool'] }).open(context)
  onTestFinished(() => overHttp.close())
  const overWs = await ws({ port: 0, apis: ['eth', 'txpool'] }).open(context)
  onTestFinished(() => overWs.close())
  return { chain, httpUrl: overHttp.address, wsUrl: overWs.address }
}

/** Blocks 1 to 600. */
export async function blocksOfFile(folder: string): Promise<BlockToKeep[]> {
  const blocks: BlockToKeep[] = []
  for await (const block of readChainFile(createReadStream(join(folder, 'chain.rlp')))) blocks.push(block)
  return blocks
}

/** Every block with its receipts, as geth has them. */
async function blocksOf(geth: Geth): Promise<BlockToKeep[]> {
  const numbers = Array.from({ length: TEST_CHAIN_BLOCKS }, (_, i) => `0x${(i + 1).toString(16)}`)
  const results = async <T>(method: string) => {
    const requests = numbers.map((number): Request => [method, number])
    return (await askAll(geth.httpUrl ?? '', requests)).map(({ result }) => result as T)
  }
  const blocks = await results<string>('debug_getRawBlock')
  const receipts = await results<string[]>('debug_getRawReceipts')
  return blocks.map((text, i) => {
    const [raw, ...parts] = splitRlpList(hexToBytes(text.slice(2)), 'block', { max: 4 })
    const header = decodeHeader(raw!)
    const body = decodeBody(joinRlpList(parts))
    return { hash: headerHash(header), header, body, receipts: receipts[i]!.map(receipt69) }
  })
}

/** From the form in which a typed one is its type and a list to that of eth/69. */
function receipt69(text: string): Uint8Array {
  const FIRST_LIST = 0xc0
  const bytes = hexToBytes(text.slice(2))
  return encodeReceipt69(decodeReceipt68(bytes[0]! < FIRST_LIST ? encodeRlp(bytes) : bytes))
}

/** geth takes transactions from then on: none before its first sync has ended. */
export async function syncGeth({ geth }: RpcPair): Promise<void> {
  await geth.engine('engine_forkchoiceUpdatedV4', ...(await readHeadForkchoice(await testChainFolder())))
}

/** Keys of accounts with ether at the end of the chain, whose nonces are told. */
export async function richKeys(pair: RpcPair): Promise<{ readonly key: Uint8Array; readonly nonce: bigint }[]> {
  const text = await readFile(join(await testChainFolder(), 'accounts.json'), 'utf8')
  const keys = Object.entries(JSON.parse(text) as Record<string, { readonly key: string }>)
  const requests = keys.flatMap(([address]) =>
    ['eth_getBalance', 'eth_getTransactionCount', 'eth_getCode'].map((method): Request => [method, address, 'latest']),
  )
  const told = (await pair.alike(requests)).map(({ result }) => result as string)
  return keys.flatMap(([, { key }], i) => {
    const [balance, nonce, code] = told.slice(3 * i, 3 * i + 3)
    const isRich = BigInt(balance!) > 10n ** 18n && code === '0x'
    return isRich ? [{ key: hexToBytes(key.slice(2)), nonce: BigInt(nonce!) }] : []
  })
}

/** The ends of the way that a test sends both nodes back and forth on. */
export interface BackAndForth {
  /** The first block that is taken back. */
  readonly at: number
  /** Hashes: of the block before it, and of the last one. */
  readonly back: string
  readonly forth: string
  setHead(hash: string): Promise<void>
}

/** A way back whose blocks have logs. The block it leads to has none: geth tells those of a block that it goes back to once more. */
export async function backAndForth(pair: RpcPair): Promise<BackAndForth> {
  const { geth, ours } = pair
  const hexOf = (number: number) => `0x${number.toString(16)}`
  const [told] = await pair.alike([['eth_getLogs', { fromBlock: hexOf(TEST_CHAIN_BLOCKS - 30), toBlock: 'latest' }]])
  const withLogs = new Set((told!.result as { blockNumber: string }[]).map(({ blockNumber }) => Number(blockNumber)))
  const at = Math.max(...[...withLogs].filter((number) => !withLogs.has(number - 1)))
  const headers = await pair.alike(
    [at - 1, TEST_CHAIN_BLOCKS].map((it): Request => ['eth_getHeaderByNumber', hexOf(it)]),
  )
  const [back, forth] = headers.map(({ result }) => (result as { hash: string }).hash)
  const setHead = async (headBlockHash: string) => {
    const state = { headBlockHash, safeBlockHash: ZERO_HASH, finalizedBlockHash: ZERO_HASH }
    await geth.engine('engine_forkchoiceUpdatedV4', state, null, null)
    await ours.chain.setHead(hexToBytes(headBlockHash.slice(2)))
  }
  return { at, back: back!, forth: forth!, setHead }
}

// geth and a node of ours with the same chain, asked the same.
import { isDeepStrictEqual } from 'node:util'
import {
  type BlockToKeep,
  type Chain,
  chainSpec,
  decodeBody,
  decodeHeader,
  decodeReceipt68,
  encodeReceipt69,
  headerHash,
  openChain,
  parseGenesis,
} from '@ethspan/chain'
import { encodeRlp, hexToBytes, joinRlpList, silentLogger, splitRlpList, systemClock } from '@ethspan/core'
import { type EthApiOptions, ethApis } from '@ethspan/ethapi'
import { memoryStore } from '@ethspan/node/memory'
import { http } from '@ethspan/rpc/endpoints'
import { expect, onTestFinished } from 'vitest'
import {
  type Geth,
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
    answers.push(...list.toSorted((a, b) => a.id - b.id).map(({ result, error }) => (error ? { error } : { result })))
  }
  return answers
}

export class RpcPair {
  readonly geth: Geth
  readonly chain: Chain
  readonly #ours: string

  constructor(geth: Geth, chain: Chain, ours: string) {
    this.geth = geth
    this.chain = chain
    this.#ours = ours
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
    return Promise.all([askAll(this.geth.httpUrl ?? '', requests), askAll(this.#ours, requests)])
  }
}

/** Both with the whole test chain; neither outlives the test. */
export async function startPair(options: Omit<Partial<EthApiOptions>, 'chain'> = {}): Promise<RpcPair> {
  const folder = await testChainFolder()
  const geth = await startGeth(folder, { http: true })
  const spec = await chainSpec(parseGenesis(await readTestGenesis(folder)), TEST_CHAIN_NETWORK_ID)
  const chain = await openChain({ store: memoryStore(), spec })
  onTestFinished(() => chain.close())
  const blocks = await blocksOf(geth)
  await chain.putBlocks(blocks)
  await chain.setHead(blocks.at(-1)!.hash)
  const apis = ethApis({ chain, ...options })
  const endpoint = http({ port: 0, apis: ['eth', 'txpool'] })
  const open = await endpoint.open({ apis: () => apis, log: silentLogger, clock: systemClock })
  onTestFinished(() => open.close())
  return new RpcPair(geth, chain, open.address)
}

/** Every block with its receipts, as geth has them. */
async function blocksOf(geth: Geth): Promise<BlockToKeep[]> {
  const numbers = Array.from({ length: TEST_CHAIN_BLOCKS }, (_, i) => `0x${(i + 1).toString(16)}`)
  const results = async <T>(method: string) => {
    const answers = await askAll(
      geth.httpUrl ?? '',
      numbers.map((number) => [method, number] as const),
    )
    return answers.map(({ result }) => result as T)
  }
  const [blocks, receipts] = [
    await results<string>('debug_getRawBlock'),
    await results<string[]>('debug_getRawReceipts'),
  ]
  return blocks.map((text, i) => {
    const [raw, ...parts] = splitRlpList(hexToBytes(text.slice(2)), 'block', { max: 4 })
    const header = decodeHeader(raw!)
    return {
      hash: headerHash(header),
      header,
      body: decodeBody(joinRlpList(parts)),
      receipts: receipts[i]!.map(receipt69),
    }
  })
}

/** From the form in which a typed one is its type and a list to that of eth/69. */
function receipt69(text: string): Uint8Array {
  const FIRST_LIST = 0xc0
  const bytes = hexToBytes(text.slice(2))
  return encodeReceipt69(decodeReceipt68(bytes[0]! < FIRST_LIST ? encodeRlp(bytes) : bytes))
}

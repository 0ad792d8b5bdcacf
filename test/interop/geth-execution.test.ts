// Our execution against geth's: every block of its test chain run with the outcome that its headers tell, and the states that
// come out asked for the same things.
import { createReadStream } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Common } from '@ethereumjs/common'
import {
  type Block,
  BlockImporter,
  type BySender,
  type CallRequest,
  type Chain,
  chainCommon,
  chainFileBlock,
  chainSpec,
  commonAt,
  type Header,
  openChain,
  type PooledTransaction,
  parseGenesis,
  readChainFile,
  readTransaction,
  senderOf,
  type Transaction,
  transactionHash,
} from '@ethspan/chain'
import { type TestTransactionOptions, testAddress, testKey, testTransaction } from '@ethspan/chain/testing'
import { bytesToHex, concatBytes, hexToBytes } from '@ethspan/core'
import { DevChain, devGenesis, devSpec, type Execution, faucetKey, openExecution } from '@ethspan/execution'
import { memoryStore } from '@ethspan/node/memory'
import { ClassicLevel } from 'classic-level'
import { expect, onTestFinished, test } from 'vitest'
import { type Geth, readTestGenesis, startGeth, TEST_CHAIN_BLOCKS, testChainFolder } from './geth-node.js'

const hex = (bytes: Uint8Array) => `0x${bytesToHex(bytes)}`
const bytes = (text: string) => hexToBytes(text.replace(/^0x/, ''))
const quantity = (value: bigint) => `0x${value.toString(16)}`

async function testChainBlocks(folder: string): Promise<Block[]> {
  const blocks: Block[] = []
  for await (const block of readChainFile(createReadStream(join(folder, 'chain.rlp')))) blocks.push(block)
  return blocks
}

/** A store for states: on disk, or in memory. */
async function openStates(where: 'disk' | 'memory') {
  if (where === 'memory') return memoryStore()
  const folder = await mkdtemp(join(tmpdir(), 'ethspan-states-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const store = new ClassicLevel<string, Uint8Array>(folder, { valueEncoding: 'view' })
  onTestFinished(() => store.close())
  return store
}

/** Our node's part: all blocks imported and executed. */
async function executed(where: 'disk' | 'memory') {
  const folder = await testChainFolder()
  const spec = await chainSpec(parseGenesis(await readTestGenesis(folder)))
  const chain = await openChain({ store: memoryStore(), spec })
  const execution = await openExecution({ store: await openStates(where), spec, chain })
  const importer = new BlockImporter({ chain, executor: execution })
  const blocks = await testChainBlocks(folder)
  const start = performance.now()
  await importer.importBlocks(blocks)
  const seconds = (performance.now() - start) / 1000
  await chain.setHead(blocks.at(-1)!.hash)
  return { folder, chain, execution, blocks, seconds }
}

test.each(['memory', 'disk'] as const)(
  'runs every block with the outcome of its header, states in %s',
  async (where) => {
    const { blocks, execution, seconds } = await executed(where)
    expect(blocks).toHaveLength(TEST_CHAIN_BLOCKS)
    for (const { header } of blocks) expect(await execution.hasState(header)).toBe(true)
    const heap = (process.memoryUsage().heapUsed / 2 ** 20).toFixed(0)
    console.log(
      `${blocks.length} blocks verified and run in ${seconds.toFixed(2)} s: ${(blocks.length / seconds).toFixed(0)}/s, heap ${heap} MiB (states: ${where})`,
    )
  },
)

test("makes geth's block access lists, byte by byte", async () => {
  const { folder, chain, blocks } = await executed('memory')
  const calls = JSON.parse(await readFile(join(folder, 'newpayload.json'), 'utf8')) as {
    params: [{ blockNumber: string; blockAccessList?: string }]
  }[]
  const lists = new Map(calls.map(({ params: [payload] }) => [BigInt(payload.blockNumber), payload.blockAccessList]))
  let compared = 0
  for (const { header, hash } of blocks) {
    const list = await chain.accessList(hash)
    expect(list && hex(list)).toBe(lists.get(header.number))
    if (list !== undefined) compared++
  }
  expect(compared).toBeGreaterThan(500)
})

interface RpcAccount {
  readonly balance: string
  readonly codeHash: string
  readonly nonce: string
  readonly storageHash: string
  readonly accountProof: readonly string[]
  readonly storageProof: readonly { readonly value: string; readonly proof: readonly string[] }[]
}

test('answers as geth: balances, code, storage, proofs, calls and estimates', async () => {
  const { folder, chain, execution } = await executed('memory')
  const geth = await startGeth(folder, { http: true })
  const { header } = chain.head()
  const genesis = (await readTestGenesis(folder)) as { alloc: Record<string, unknown> }
  const addresses = [...Object.keys(genesis.alloc).map(bytes), new Uint8Array(20), new Uint8Array(20).fill(7)]
  for (const address of addresses) await sameAccount(geth, execution, header, address)
  const different: unknown[] = []
  for (const request of calls(chain)) different.push(...(await differences(geth, execution, header, request)))
  expect(different).toEqual([])
})

async function sameAccount(geth: Geth, execution: Execution, header: Header, address: Uint8Array): Promise<void> {
  const at = quantity(header.number)
  const slots = [0, 1, 2, 3, Number(header.time) % 8191].map((slot) => {
    const key = new Uint8Array(32)
    new DataView(key.buffer).setUint32(28, slot)
    return key
  })
  const [theirs, code] = await Promise.all([
    geth.rpc<RpcAccount>('eth_getProof', hex(address), slots.map(hex), at),
    geth.rpc<string>('eth_getCode', hex(address), at),
  ])
  const ours = await execution.proof(header, address, slots)
  expect(await execution.account(header, address)).toEqual(ours.account)
  expect(hex(await execution.code(header, address))).toBe(code)
  expect(ours.accountProof.map(hex)).toEqual(theirs.accountProof)
  if (ours.account !== undefined) {
    const { balance, nonce, codeHash, storageRoot } = ours.account
    expect({
      balance: quantity(balance),
      nonce: quantity(nonce),
      codeHash: hex(codeHash),
      storageHash: hex(storageRoot),
    }).toEqual({
      balance: theirs.balance,
      nonce: theirs.nonce,
      codeHash: theirs.codeHash,
      storageHash: theirs.storageHash,
    })
  }
  for (const [i, { value, proof }] of ours.storageProof.entries()) {
    expect(quantity(BigInt(hex(value)))).toBe(theirs.storageProof[i]!.value)
    expect(proof.map(hex)).toEqual(theirs.storageProof[i]!.proof)
    expect(hex(await execution.storage(header, address, slots[i]!))).toBe(
      await geth.rpc('eth_getStorageAt', hex(address), hex(slots[i]!), at),
    )
  }
}

/** Calls of many kinds, those that fail included. */
function calls(chain: Chain): CallRequest[] {
  const rich = bytes('7435ed30a8b4aeb0877cef0c6e8cffe834eb865f')
  const poor = new Uint8Array(20).fill(7)
  const contract = (suffix: string) => bytes(`9dcd17433742f4c0ca53122ab541d0ba67fc27${suffix}`)
  const baseFee = chain.head().header.baseFeePerGas!
  const initcode = bytes('600a600c600039600a6000f3602a60005260206000f3')
  const loop = bytes('5b600056')
  return [
    { from: rich, to: poor, value: 1n },
    { from: poor, to: rich, value: 1n },
    { from: rich, to: poor, value: 1n, gasPrice: baseFee * 2n, gas: 100_000n },
    { from: rich, to: poor, value: 1n, maxFeePerGas: baseFee * 3n, maxPriorityFeePerGas: 1n, gas: 300_000n },
    { from: rich, to: poor, maxFeePerGas: 1n, gas: 100_000n },
    { from: rich, to: poor, maxFeePerGas: baseFee, maxPriorityFeePerGas: baseFee + 1n },
    { from: poor, to: rich, gasPrice: baseFee },
    { from: rich, to: contract('d0'), data: new Uint8Array(32) },
    { from: rich, to: contract('d1'), data: new Uint8Array(2) },
    { from: rich, to: contract('d1'), data: new Uint8Array(3) },
    { from: rich, to: contract('d2') },
    { from: rich, to: contract('d3') },
    { from: contract('d0'), to: contract('d2') },
    { to: contract('d2'), gas: 21_000n },
    { to: contract('d2'), gas: 20_000n },
    { from: rich, data: initcode },
    { from: rich, data: loop, gas: 1_000_000n },
    { from: rich, data: bytes('fe') },
    { from: rich, data: bytes('0c') },
    { from: rich, data: bytes('600056') },
    { from: rich, data: bytes('60006000fd') },
    { from: rich, data: bytes('63deadbeef60005260206000fd') },
    { from: rich, data: bytes('60ef60005360016000f3') },
    // BASEFEE, GASPRICE, BLOBBASEFEE, BLOBHASH, PREVRANDAO, NUMBER, TIMESTAMP, CHAINID, BLOCKHASH, BALANCE of the caller.
    { from: rich, data: bytes('4860005260206000f3') },
    { from: rich, data: bytes('4860005260206000f3'), gasPrice: baseFee * 2n, gas: 200_000n },
    { from: rich, data: bytes('3a60005260206000f3'), gasPrice: baseFee * 2n, gas: 200_000n },
    { from: rich, data: bytes('4a60005260206000f3') },
    { from: rich, data: bytes('4460005260206000f3') },
    { from: rich, data: bytes('4360005260206000f3') },
    { from: rich, data: bytes('4260005260206000f3') },
    { from: rich, data: bytes('4660005260206000f3') },
    { from: rich, data: bytes('60014303406000526020 6000f3'.replace(' ', '')) },
    { from: rich, data: bytes('610100430340600052 60206000f3'.replace(' ', '')) },
    { from: rich, data: bytes('3331600052 60206000f3'.replace(' ', '')) },
    // SHA-256, identity, and ECRECOVER of nonsense.
    { to: bytes('0000000000000000000000000000000000000002'), data: bytes('616263') },
    { to: bytes('0000000000000000000000000000000000000004'), data: bytes('616263') },
    { to: bytes('0000000000000000000000000000000000000001'), data: new Uint8Array(128).fill(1) },
    { to: bytes('0000000000000000000000000000000000000100'), data: new Uint8Array(160) },
    {
      from: rich,
      to: contract('d2'),
      accessList: [{ address: contract('d2'), storageKeys: [new Uint8Array(32)] }],
    },
  ]
}

function rpcRequest(request: CallRequest): Record<string, unknown> {
  const told = Object.entries(request).map(([name, value]) => {
    if (name === 'accessList') {
      const list = value as NonNullable<CallRequest['accessList']>
      return [
        name,
        list.map(({ address, storageKeys }) => ({ address: hex(address), storageKeys: storageKeys.map(hex) })),
      ]
    }
    return [name, value instanceof Uint8Array ? hex(value) : quantity(value as bigint)]
  })
  return Object.fromEntries(told)
}

/** What came of a call, in the form in which both can be compared. */
async function outcome(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work
  } catch (error) {
    const [, text = (error as Error).message] = /^eth_\w+: (.*) \(-?\d+\)$/.exec((error as Error).message) ?? []
    // The text of a revert has its reason behind it, which is for the API to decode.
    return text.replace(/^execution reverted.*/, 'execution reverted')
  }
}

/** Both answers to a call and to an estimate, where they differ. */
async function differences(geth: Geth, execution: Execution, header: Header, request: CallRequest): Promise<unknown[]> {
  const told = rpcRequest(request)
  const at = quantity(header.number)
  const call = async () => {
    const { returnData, error } = await execution.call(header, request)
    if (error !== undefined) throw new Error(error)
    return hex(returnData)
  }
  const answers = [
    {
      asked: 'eth_call',
      told,
      ours: await outcome(call()),
      geths: await outcome(geth.rpc('eth_call', told, at)),
    },
    {
      asked: 'eth_estimateGas',
      told,
      ours: await outcome(execution.estimateGas(header, request).then(quantity)),
      geths: await outcome(geth.rpc('eth_estimateGas', told, at)),
    },
  ]
  return answers.filter(({ ours, geths }) => ours !== geths)
}

/** Transactions of every kind, by block. */
function devTransactions(): Transaction[][] {
  const faucet = (options: Omit<TestTransactionOptions, 'key'>) =>
    testTransaction({ key: faucetKey, maxFeePerGas: 10n ** 11n, gasLimit: 3_000_000n, ...options })
  const store = bytes('600e600c600039600e6000f3600035600055 60aa60206000a100'.replace(' ', ''))
  return [
    [],
    [faucet({ type: 0, nonce: 0n, to: testAddress(1), value: 10n ** 18n }), faucet({ type: 1, nonce: 1n, value: 5n })],
    [faucet({ nonce: 2n, to: null, value: 0n, data: store }), faucet({ nonce: 3n, to: null, data: bytes('fe') })],
    [faucet({ type: 3, nonce: 4n }), testTransaction({ type: 4, key: testKey(1), nonce: 0n, gasLimit: 1_000_000n })],
    [],
  ]
}

test.each([{ amsterdam: false }, { amsterdam: true }])(
  'geth runs what our development chain makes, amsterdam $amsterdam',
  async ({ amsterdam }) => {
    const spec = await devSpec({ amsterdam })
    const chain = await openChain({ store: memoryStore(), spec })
    const execution = await openExecution({ store: memoryStore(), spec, chain })
    const importer = new BlockImporter({ chain, executor: execution })
    const common = commonAt(chainCommon(spec.config), { number: 1n, time: 1n })
    let waiting: Transaction[] = []
    const pending = () => bySender(waiting, common)
    const dev = new DevChain({ chain, importer, execution, pool: { pending } })
    const file: Uint8Array[] = []
    for (const transactions of devTransactions()) {
      waiting = transactions
      const block = await dev.seal()
      expect(block.body.transactions).toHaveLength(transactions.length)
      file.push(chainFileBlock(block))
    }
    const folder = await mkdtemp(join(tmpdir(), 'ethspan-dev-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    await writeFile(join(folder, 'genesis.json'), JSON.stringify(devGenesis({ amsterdam })))
    await writeFile(join(folder, 'chain.rlp'), concatBytes(...file))
    const geth = await startGeth(folder, { http: true })
    const head = await geth.rpc<{ hash: string }>('eth_getBlockByNumber', 'latest', false)
    expect(head.hash).toBe(hex(chain.head().hash))
  },
)

function bySender(transactions: readonly Transaction[], common: Common): BySender {
  const lists = new Map<string, PooledTransaction[]>()
  for (const transaction of transactions) {
    const tx = readTransaction(transaction, common)
    const { type, bytes: raw } = transaction
    const pooled = { type, bytes: raw, hash: transactionHash(transaction), size: raw.length, sender: senderOf(tx), tx }
    const key = bytesToHex(pooled.sender)
    lists.set(key, [...(lists.get(key) ?? []), { ...pooled, isLocal: true }])
  }
  return lists
}

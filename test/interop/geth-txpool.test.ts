// The pool against geth's: the same transactions refused in the same words, and those that are taken passed on in both directions,
// blobs with proofs of their cells included.
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  BlockImporter,
  type Chain,
  type ChainSpec,
  chainCommon,
  chainSpec,
  openChain,
  parseGenesis,
  readChainFile,
  type Transaction,
  transactionHash,
} from '@ethspan/chain'
import { type TestTransactionOptions, testTransaction } from '@ethspan/chain/testing'
import {
  bytesToHex,
  concatBytes,
  encodeRlp,
  hexToBytes,
  joinRlpList,
  keccak256,
  sign,
  splitRlpList,
} from '@ethspan/core'
import { EthService } from '@ethspan/eth'
import { type Execution, openExecution } from '@ethspan/execution'
import { Node } from '@ethspan/node'
import { memoryStore } from '@ethspan/node/memory'
import { tcp } from '@ethspan/tcp'
import { TxPool } from '@ethspan/txpool'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { blobTx, proveBlob, type TestSidecar } from '../../packages/txpool/test/blobs/blob-txs.js'
import {
  type Geth,
  readHeadForkchoice,
  readTestGenesis,
  startGeth,
  TEST_CHAIN_NETWORK_ID,
  testChainFolder,
} from './geth-node.js'

const GWEI = 10n ** 9n
const hex = (bytes: Uint8Array) => `0x${bytesToHex(bytes)}`

interface Account {
  readonly key: Uint8Array
  readonly address: Uint8Array
  readonly nonce: bigint
}

/** Our pool on the whole test chain, executed, and the accounts that have ether at its end. */
async function ours(folder: string) {
  const spec: ChainSpec = await chainSpec(parseGenesis(await readTestGenesis(folder)), TEST_CHAIN_NETWORK_ID)
  const chain = await openChain({ store: memoryStore(), spec })
  onTestFinished(() => chain.close())
  const execution = await openExecution({ store: memoryStore(), spec, chain })
  const importer = new BlockImporter({ chain, executor: execution })
  const blocks = []
  for await (const block of readChainFile(createReadStream(join(folder, 'chain.rlp')))) blocks.push(block)
  await importer.importBlocks(blocks.filter(({ header }) => header.number > 0n))
  await chain.setHead(blocks.at(-1)!.hash)
  const pool = new TxPool({ chain, state: execution, common: chainCommon(spec.config) })
  return { chain, importer, pool, accounts: await richAccounts(folder, chain, execution) }
}

async function richAccounts(folder: string, chain: Chain, execution: Execution): Promise<Account[]> {
  const keys = JSON.parse(await readFile(join(folder, 'accounts.json'), 'utf8')) as Record<string, { key: string }>
  const accounts: Account[] = []
  for (const [address, { key }] of Object.entries(keys)) {
    const bytes = hexToBytes(address.slice(2))
    const account = await execution.account(chain.head().header, bytes)
    const hasCode = account !== undefined && hex(account.codeHash) !== hex(keccak256(new Uint8Array(0)))
    if (account === undefined || hasCode || account.balance < 10n ** 18n) continue
    accounts.push({ key: hexToBytes(key.slice(2)), address: bytes, nonce: account.nonce })
  }
  return accounts
}

/** What geth says to a transaction over JSON-RPC: undefined where it takes it. */
async function refusedBy(geth: Geth, { bytes }: Transaction): Promise<string | undefined> {
  try {
    await geth.rpc('eth_sendRawTransaction', hex(bytes))
    return undefined
  } catch (error) {
    return /^eth_sendRawTransaction: (.*) \(-\d+\)$/.exec((error as Error).message)![1]
  }
}

describe('in the same words as geth', () => {
  test('the pool refuses what geth refuses, and takes what it takes', async () => {
    const folder = await testChainFolder()
    const geth = await startGeth(folder, { http: true })
    const { pool, accounts, chain } = await ours(folder)
    const [a, b, c, d] = accounts as [Account, Account, Account, Account]
    const used = accounts.find(({ nonce }) => nonce > 0n)!
    const gasLimit = chain.head().header.gasLimit
    const of = (account: Account, options: Partial<TestTransactionOptions> = {}) =>
      testTransaction({
        key: account.key,
        chainId: TEST_CHAIN_NETWORK_ID,
        nonce: account.nonce,
        maxFeePerGas: 5n * GWEI,
        ...options,
      })
    const cases: [string, Transaction][] = [
      ['a transaction', of(a)],
      ['the same again', of(a)],
      ['another with its nonce', of(a, { value: 2n })],
      ['one that pays 9 % more', of(a, { maxFeePerGas: (5n * GWEI * 109n) / 100n, maxPriorityFeePerGas: 2n * GWEI })],
      ['one that pays 10 % more', of(a, { maxFeePerGas: (5n * GWEI * 110n) / 100n, maxPriorityFeePerGas: 2n * GWEI })],
      ['a nonce ahead', of(a, { nonce: a.nonce + 5n })],
      ['a nonce that is used', of(used, { nonce: used.nonce - 1n })],
      ['more than there is', of(b, { value: 10n ** 60n })],
      ['too little gas', of(b, { gasLimit: 14_999n })],
      ['too little gas for its data', of(b, { type: 0, data: new Uint8Array(1000).fill(1), gasLimit: 70_000n })],
      ['more gas than a block has', of(b, { gasLimit: gasLimit + 1n })],
      ['a tip above the fee', of(b, { maxPriorityFeePerGas: 6n * GWEI })],
      ['no tip', of(b, { maxPriorityFeePerGas: 0n })],
      ['another chain', of(b, { chainId: 5n })],
      ['another chain, legacy', of(b, { type: 0, chainId: 5n })],
      ['no chain', unprotected(b)],
      ['more than 128 KiB', of(b, { data: new Uint8Array(131_000), gasLimit: 12_000_000n })],
      ['the last nonce', of(b, { nonce: 2n ** 64n - 1n })],
      ['blobs without their sidecar', of(c, { type: 3 })],
      ['no authorization', withoutAuthorizations(of(c))],
      ['an access list', of(c, { type: 1 })],
      ['code for an account', of(d, { type: 4, gasLimit: 200_000n })],
      ['a contract', of(b, { to: null, data: new Uint8Array(100), gasLimit: 200_000n })],
    ]
    for (const [what, tx] of cases) {
      const [answer] = await pool.add([tx], { local: what === 'no chain' })
      const ofOurs = 'refused' in answer! ? answer.message : undefined
      expect(ofOurs, what).toBe(await refusedBy(geth, tx))
    }
    const ofGeth = await geth.rpc<{ pending: string; queued: string }>('txpool_status')
    const { pending, queued } = pool.counts()
    expect({ pending, queued }).toEqual({ pending: Number(ofGeth.pending), queued: Number(ofGeth.queued) })
  })
})

/** Signed for no chain (before EIP-155). */
function unprotected({ key, nonce, address }: Account): Transaction {
  const fields = [nonce, 5n * GWEI, 50_000n, address, 1n, new Uint8Array(0)]
  const signature = sign(keccak256(encodeRlp(fields)), key)
  const number = (from: number, to: number) => BigInt(hex(signature.subarray(from, to)))
  return { type: 0, bytes: encodeRlp([...fields, 27n + number(64, 65), number(0, 32), number(32, 64)]) }
}

/** As another is, but of type 4 and with an empty list where authorizations are. Nobody gets as far as its signature. */
function withoutAuthorizations({ bytes }: Transaction): Transaction {
  const parts = splitRlpList(bytes.subarray(1), 'transaction', { max: 12 })
  const list = joinRlpList([...parts.slice(0, 9), Uint8Array.of(0xc0), ...parts.slice(9)])
  return { type: 4, bytes: concatBytes(Uint8Array.of(4), list) }
}

// Takes seconds, in which no peer would hear from us.
let proven: TestSidecar
beforeAll(() => {
  proven = proveBlob(1)
}, 120_000)

describe.each([70, 71] as const)('over eth/%i', (version) => {
  test('transactions go from pool to pool, with blobs and without', async () => {
    const folder = await testChainFolder()
    const geth = await startGeth(folder, { http: true })
    // Before it is told its head geth takes nothing from peers.
    await geth.engine('engine_forkchoiceUpdatedV4', ...(await readHeadForkchoice(folder)))
    const { chain, importer, pool, accounts } = await ours(folder)
    pool.start()
    const eth = new EthService({ chain, importer, pool, versions: [version] })
    const node = new Node({
      name: 'ethspan-test',
      store: memoryStore(),
      p2p: { transports: [tcp({ listen: { port: 0 } })] },
    })
    node.register(eth)
    onTestFinished(async () => {
      await node.stop()
      await pool.stop()
    })
    await node.start()
    node.server.addPeer(geth.enode)
    await geth.logged(/Ethereum peer connected/)

    const [a, b, c, d, e, f] = accounts as [Account, Account, Account, Account, Account, Account]
    const chainId = TEST_CHAIN_NETWORK_ID
    const plain = ({ key, nonce }: Account, data = new Uint8Array(0)) =>
      testTransaction({ key, nonce, chainId, maxFeePerGas: 5n * GWEI, data, gasLimit: 500_000n })
    const withBlob = ({ key, nonce }: Account) => blobTx(proven, { key, nonce: Number(nonce), chainId })
    const toGeth = [plain(a), plain(b, new Uint8Array(5000)), withBlob(c)]
    const fromGeth = [plain(d), plain(e, new Uint8Array(5000)), withBlob(f)]

    for (const answer of await pool.add(toGeth, { local: true })) expect(answer).toHaveProperty('added')
    for (const { bytes } of fromGeth) await geth.rpc('eth_sendRawTransaction', hex(bytes))
    const isKnownTo = async (tx: Transaction) =>
      (await geth.rpc('eth_getTransactionByHash', hex(transactionHash(tx)))) !== null
    for (const tx of toGeth) await expect.poll(() => isKnownTo(tx), { timeout: 20_000, interval: 50 }).toBe(true)
    for (const tx of fromGeth) {
      await expect.poll(() => pool.has(transactionHash(tx)), { timeout: 20_000, interval: 50 }).toBe(true)
      expect(pool.get(transactionHash(tx))!.bytes).toEqual(tx.bytes)
    }
    expect(node.server.peers).toHaveLength(1)
  }, 120_000)
})

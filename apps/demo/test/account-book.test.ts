import { createMerkleProof, MerklePatriciaTrie } from '@ethereumjs/mpt'
import {
  chainCommon,
  commonAt,
  decodeBody,
  decodeHeader,
  encodeBody,
  encodeHeader,
  type Hash,
  headerHash,
  PoolAddEvent,
  PoolDropEvent,
  type PoolEventMap,
  type PooledTransaction,
  readTransaction,
  senderOf,
  type Transaction,
  transactionHash,
} from '@ethspan/chain'
import {
  memoryChain,
  testAddress,
  testBlocks,
  testHeader,
  testKey,
  testSpec,
  testTransaction,
} from '@ethspan/chain/testing'
import { bytesToHex, Emitter, encodeRlp, hexToBytes, keccak256 } from '@ethspan/core'
import { settle } from '@ethspan/core/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { AccountBook } from '../src/client/chain/account-book.js'
import type { AccountView } from '../src/client/chain-view.js'

const EMPTY_CODE = keccak256(new Uint8Array(0))
const EMPTY_STORAGE = keccak256(encodeRlp(''))
const coins = 10n ** 18n
const recipient = `0x${'ab'.repeat(20)}`

/** A state in which the account has this much, and its proof. */
async function stateWith(address: Uint8Array, balance: bigint, nonce = 0n) {
  const trie = new MerklePatriciaTrie()
  await trie.put(keccak256(address), encodeRlp([nonce, balance, EMPTY_STORAGE, EMPTY_CODE]))
  const proof = await createMerkleProof(trie, keccak256(address))
  return proof.map((node) => `0x${bytesToHex(node)}`)
}

/** A pool that takes all, or refuses all in the same words. */
class TestPool extends Emitter<PoolEventMap> {
  readonly #pooled = new Map<string, PooledTransaction>()
  refuse: string | undefined
  /** What was given to it. */
  readonly sent: Transaction[] = []
  free: bigint | undefined

  async add(transactions: readonly Transaction[]) {
    const { refuse } = this
    if (refuse !== undefined) return [{ refused: 'underpriced', message: refuse } as const]
    this.sent.push(...transactions)
    return this.put(transactions).map((added) => ({ added }))
  }

  /** As if it came from a peer. */
  put(transactions: readonly Transaction[]): PooledTransaction[] {
    const common = commonAt(chainCommon(testSpec().config), { number: 1n, time: 0n })
    const pooled = transactions.map((raw) => {
      const tx = readTransaction(raw, common)
      return { ...raw, tx, hash: transactionHash(raw), sender: senderOf(tx), size: raw.bytes.length, isLocal: false }
    })
    for (const one of pooled) this.#pooled.set(bytesToHex(one.hash), one)
    this.emit(new PoolAddEvent(pooled))
    return pooled
  }

  drop(raw: Transaction): void {
    const key = bytesToHex(transactionHash(raw))
    const gone = this.#pooled.get(key)
    this.#pooled.delete(key)
    if (gone !== undefined) this.emit(new PoolDropEvent([gone]))
  }

  has = (hash: Hash): boolean => this.#pooled.has(bytesToHex(hash))
  nextNonce = (): bigint | undefined => this.free
}

interface SetUp {
  /** Of the account, in the genesis block. */
  readonly balance?: bigint
  readonly blocks?: Awaited<ReturnType<typeof testBlocks>>
  readonly refuse?: string
}

/** The book of the account of `testKey(0)`, followed from the genesis block or from `blocks`. */
async function setUp({ balance = 0n, blocks = [], refuse }: SetUp = {}) {
  const address = testAddress(0)
  const alloc = [{ address, balance, nonce: 0n, code: new Uint8Array(0), storage: [] }]
  const spec = testSpec({ genesis: { alloc } })
  const chain = await memoryChain({ ...(blocks.length === 0 ? { spec } : {}), blocks })
  const proof = await stateWith(address, balance)
  const pool = new TestPool()
  pool.refuse = refuse
  const { sent } = pool
  const again: string[][] = []
  let later: string[] | undefined
  const time = { now: 1_000 }
  const views: AccountView[] = []
  const lines: string[] = []
  const failures: unknown[] = []
  const book = new AccountBook({
    key: testKey(0),
    chain,
    pool,
    tellAgain: (hashes) => again.push(hashes.map((hash) => `0x${bytesToHex(hash)}`)),
    faucet: true,
    proof: async (_, { number }) => (number === 0n ? proof : later),
    changed: (view) => views.push(view),
    log: (tone, text) => lines.push(`${tone}: ${text}`),
    now: () => time.now,
  })
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  book.start(stop.signal, (error) => failures.push(error))
  await settle()
  const view = () => expect.poll(() => views.at(-1)!)
  const extend = async (more: Awaited<ReturnType<typeof testBlocks>>) => {
    await chain.putBlocks(more)
    await chain.setHead(more.at(-1)!.hash)
  }
  /** A block on the genesis block, in whose state the account has this much. */
  const hasThen = async (amount: bigint, transactions: readonly Transaction[]) => {
    later = await stateWith(address, amount)
    const stateRoot = keccak256(hexToBytes(later[0]!.slice(2)))
    const header = decodeHeader(
      encodeHeader(testHeader({ parentHash: chain.genesis.hash, number: 1n, stateRoot, baseFeePerGas: 0n })),
    )
    const body = decodeBody(encodeBody({ transactions, uncles: [] }))
    await chain.putBlocks([{ hash: headerHash(header), header, body }])
    await chain.setHead(headerHash(header))
  }
  return { book, chain, pool, sent, again, time, view, views, lines, failures, extend, hasThen }
}

describe('what the account has', () => {
  test('is proven against the state root of the head', async () => {
    const { view, failures } = await setUp({ balance: 3n * coins })
    await view().toMatchObject({ balance: `${3n * coins}`, provenAt: 0, faucet: true, transactions: [] })
    await view().toMatchObject({ address: expect.stringMatching(/^0x[0-9a-fA-F]{40}$/) })
    expect(failures).toEqual([])
  })

  test('is not shown where nobody can prove it', async () => {
    const { view } = await setUp({ blocks: await testBlocks({ count: 1, transactions: 0 }) })
    await view().toMatchObject({ balance: '0' })
    await view().not.toHaveProperty('provenAt')
  })
})

describe('sending', () => {
  test('signs with the next nonce, and gives it to the pool', async () => {
    const { book, view, sent, lines } = await setUp({ balance: 3n * coins })
    await view().toMatchObject({ provenAt: 0 })
    expect(await book.send(recipient, '0.5')).toEqual({ ok: true })
    expect(await book.send(` ${recipient} `, '0,25')).toEqual({ ok: true })
    const read = sent.map((tx) =>
      readTransaction(tx, commonAt(chainCommon(testSpec().config), { number: 1n, time: 0n })),
    )
    expect(read.map(({ nonce, value }) => [nonce, value])).toEqual([
      [0n, coins / 2n],
      [1n, coins / 4n],
    ])
    await view().toMatchObject({
      transactions: [
        { step: 'signed', direction: 'out', value: `${coins / 4n}` },
        { step: 'signed', direction: 'out', value: `${coins / 2n}`, peers: 0, at: 1_000 },
      ],
    })
    expect(lines[0]).toBe('plain: Signed a transaction: 0.5 ETH to 0xababab…abab.')
  })

  test('signs with the nonce after those that wait, as after a reload', async () => {
    const { book, pool, view } = await setUp({ balance: coins })
    await view().toMatchObject({ provenAt: 0 })
    pool.free = 5n
    await book.send(recipient, '0.5')
    const common = commonAt(chainCommon(testSpec().config), { number: 1n, time: 0n })
    expect(readTransaction(pool.sent[0]!, common).nonce).toBe(5n)
  })

  test('is gossiped once a peer was sent it, and counts the peers', async () => {
    const { book, view, sent } = await setUp({ balance: coins })
    await view().toMatchObject({ provenAt: 0 })
    await book.send(recipient, '0.5')
    for (const peer of ['a', 'b', 'a']) book.gossiped(peer, sent.map(transactionHash))
    await view().toMatchObject({ transactions: [{ step: 'gossiped', peers: 2 }] })
  })

  test('is not gossiped by what peers are sent of others, nor by another one of its own', async () => {
    const { book, view, sent } = await setUp({ balance: coins })
    await view().toMatchObject({ provenAt: 0 })
    await book.send(recipient, '0.2')
    await book.send(recipient, '0.1')
    book.gossiped('a', [new Uint8Array(32), transactionHash(sent[0]!)])
    await view().toMatchObject({
      transactions: [
        { step: 'signed', peers: 0 },
        { step: 'gossiped', peers: 1 },
      ],
    })
  })

  test.each([
    ['0x12', '1', 'an address is 0x and 40 hex digits'],
    ['0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeE', '1', 'a letter of this address is wrong'],
    [recipient, 'much', 'an amount is a number of coins such as 0.5'],
    [recipient, '0', 'an amount is a number of coins such as 0.5'],
    [recipient, '3', 'with its fee that takes up to 3.0002, and there are 3'],
  ])('to %s of %s is refused', async (to, amount, why) => {
    const { book, view, sent } = await setUp({ balance: 3n * coins })
    await view().toMatchObject({ provenAt: 0 })
    expect(await book.send(to, amount)).toEqual({ ok: false, why: expect.stringContaining(why) })
    expect(sent).toEqual([])
  })

  test('what the pool refuses is told in its words, and forgotten', async () => {
    const { book, view } = await setUp({ balance: coins, refuse: 'txpool is full' })
    await view().toMatchObject({ provenAt: 0 })
    expect(await book.send(recipient, '0.5')).toEqual({ ok: false, why: 'txpool is full' })
    await view().toMatchObject({ transactions: [] })
  })
})

describe('transactions in blocks', () => {
  const spec = testSpec({
    genesis: {
      alloc: [{ address: testAddress(0), balance: 9n * coins, nonce: 0n, code: new Uint8Array(0), storage: [] }],
    },
  })

  test('one that was sent is mined and its receipt proven; a reorg takes that back', async () => {
    const { book, view, sent, extend, lines } = await setUp({ balance: 9n * coins })
    await view().toMatchObject({ provenAt: 0 })
    await book.send(recipient, '1')
    book.gossiped('a', sent.map(transactionHash))
    const [block] = await testBlocks({ count: 1, spec, transactions: () => sent })
    await extend([block!])
    await view().toMatchObject({
      transactions: [
        {
          step: 'proven',
          block: 1,
          succeeded: true,
          receiptsRoot: `0x${bytesToHex(block!.header.receiptsRoot)}`,
          fee: expect.stringMatching(/^\d+$/),
        },
      ],
    })
    expect(lines.at(-1)).toMatch(/^good: 1 ETH to 0xababab…abab came in block 1, its receipt proven\.$/i)
    await extend(await testBlocks({ count: 2, spec, transactions: 0, extra: 'other' }))
    await view().toMatchObject({ transactions: [{ step: 'gossiped', peers: 1, lostBlock: 1 }] })
    await view().not.toMatchObject({ transactions: [{ block: 1 }] })
  })

  const gift = testTransaction({ key: testKey(5), nonce: 0n, to: testAddress(0), value: 7n })
  const from = new RegExp(`^0x${bytesToHex(testAddress(5))}$`, 'i')

  test('what comes to the account is shown with who sent it, waiting, in its block, and waiting again after a reorg', async () => {
    const { pool, view, extend } = await setUp({ balance: 9n * coins })
    await view().toMatchObject({ provenAt: 0 })
    pool.put([testTransaction({ key: testKey(5), nonce: 0n, to: testAddress(6) }), gift])
    const waiting = { direction: 'in', value: '7', step: 'gossiped', other: expect.stringMatching(from) }
    await view().toMatchObject({ transactions: [waiting] })
    const [block] = await testBlocks({ count: 1, spec, transactions: () => [gift] })
    await extend([block!])
    pool.drop(gift)
    await view().toMatchObject({ transactions: [{ direction: 'in', value: '7', step: 'proven', block: 1 }] })
    const others = await testBlocks({ count: 4, spec, transactions: 0, extra: 'other' })
    await extend(others.slice(0, 2))
    pool.put([gift])
    await view().toMatchObject({ transactions: [{ ...waiting, lostBlock: 1 }] })
    await extend(others.slice(2, 3))
    await settle()
    await view().toMatchObject({ transactions: [{ ...waiting, lostBlock: 1 }] })
    const [, , , again] = await testBlocks({
      count: 4,
      spec,
      transactions: (number) => (number === 4n ? [gift] : []),
      extra: 'other',
    })
    await extend([again!])
    await view().toMatchObject({ transactions: [{ step: 'proven', block: 4 }] })
    await view().not.toMatchObject({ transactions: [{ lostBlock: 1 }] })
  })

  test('what the pool did not take back after a reorg is gone with the head after it, which is said', async () => {
    const { view, extend, lines } = await setUp({ balance: 9n * coins })
    await view().toMatchObject({ provenAt: 0 })
    await extend(await testBlocks({ count: 1, spec, transactions: () => [gift] }))
    await view().toMatchObject({ transactions: [{ step: 'proven' }] })
    const others = await testBlocks({ count: 3, spec, transactions: 0, extra: 'other' })
    await extend(others.slice(0, 2))
    await view().toMatchObject({ transactions: [{ lostBlock: 1 }] })
    await extend(others.slice(2))
    await view().toMatchObject({ transactions: [] })
    expect(lines.at(-1)).toMatch(/^bad: <0\.0001 ETH from 0x.* is not waiting any more: the pool dropped it\.$/)
  })

  test('one that the pool drops unmined is gone, which is said', async () => {
    const { book, pool, view, sent, lines } = await setUp({ balance: 9n * coins })
    await view().toMatchObject({ provenAt: 0 })
    await book.send(recipient, '1')
    pool.drop(sent[0]!)
    await view().toMatchObject({ transactions: [] })
    expect(lines.at(-1)).toMatch(/^bad: 1 ETH to 0xababab…abab is not waiting any more/i)
  })

  test('peers are told again of one that waits, and not of one that is mined', async () => {
    const { book, view, sent, again, time, extend } = await setUp({ balance: 9n * coins })
    await view().toMatchObject({ provenAt: 0 })
    await book.send(recipient, '1')
    await book.send(recipient, '2')
    const blocks = await testBlocks({ count: 4, spec, transactions: (number) => (number === 1n ? [sent[0]!] : []) })
    await extend(blocks.slice(0, 1))
    await view().toMatchObject({ transactions: [{ step: 'signed' }, { step: 'proven' }] })
    expect(again).toEqual([])
    time.now += 20_000
    await extend(blocks.slice(1, 2))
    const second = `0x${bytesToHex(transactionHash(sent[1]!))}`
    await expect.poll(() => again).toEqual([[second]])
    await extend(blocks.slice(2, 3))
    time.now += 20_000
    await extend(blocks.slice(3))
    await expect.poll(() => again).toEqual([[second], [second]])
  })

  test('peers are told again at once when the account has more: they may have refused it for want of coins', async () => {
    const { book, view, sent, again, hasThen } = await setUp({ balance: 2n * coins })
    await view().toMatchObject({ provenAt: 0 })
    await book.send(recipient, '1')
    await hasThen(5n * coins, [testTransaction({ nonce: 0n, key: testKey(1), to: testAddress(0) })])
    await view().toMatchObject({ balance: `${5n * coins}`, provenAt: 1 })
    expect(again).toEqual([[`0x${bytesToHex(transactionHash(sent[0]!))}`]])
  })

  test('strangers who send much do not push out what the account sent itself', async () => {
    const { book, pool, view } = await setUp({ balance: 9n * coins })
    await view().toMatchObject({ provenAt: 0 })
    await book.send(recipient, '1')
    const gifts = Array.from({ length: 40 }, (_, i) =>
      testTransaction({ key: testKey(5), nonce: BigInt(i), to: testAddress(0), value: 1n }),
    )
    pool.put(gifts.slice(0, 35))
    await view().toMatchObject({ transactions: { length: 6 } })
    for (const one of gifts.slice(0, 35)) pool.drop(one)
    await view().toMatchObject({ transactions: [{ direction: 'out' }] })
  })

  test('stays mined, and no more, where the receipts are not there', async () => {
    const { book, view, sent, chain } = await setUp({ balance: 9n * coins })
    await view().toMatchObject({ provenAt: 0 })
    await book.send(recipient, '1')
    const [made] = await testBlocks({ count: 1, spec, transactions: () => sent })
    const { hash, header, body } = made!
    await chain.putBlocks([{ hash, header, body }])
    await chain.setHead(hash)
    await view().toMatchObject({ transactions: [{ step: 'mined', block: 1 }] })
  })
})

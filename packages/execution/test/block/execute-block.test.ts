import {
  type Block,
  decodeLogs,
  decodeReceipt69,
  encodeHeader,
  type HeaderFields,
  headerHash,
  logsBloom,
  type Receipt,
} from '@ethspan/chain'
import { memoryChain, testAddress, testKey } from '@ethspan/chain/testing'
import { bytesToHex } from '@ethspan/core'
import { memoryStore } from '@ethspan/node/memory'
import { describe, expect, test } from 'vitest'
import { BestFirst } from '../../src/dev/best-first.js'
import { faucetAddress, openExecution } from '../../src/index.js'
import {
  CODE,
  delegation,
  deploying,
  faucetContract,
  faucetTransaction,
  type TestChain,
  testChain,
  word,
} from '../support.js'

const GWEI = 10n ** 9n
const SUCCESS = Uint8Array.of(1)
const FAILURE = new Uint8Array(0)

const receiptsOf = async ({ chain }: TestChain, { hash }: Block): Promise<Receipt[]> =>
  (await chain.receipts(hash))!.map(decodeReceipt69)

/** The same block with other fields in its header. */
function altered({ header, body }: Block, fields: Partial<HeaderFields>): Block {
  const changed = { ...header, ...fields }
  const raw = encodeHeader(changed)
  return { hash: headerHash({ raw }), header: { ...changed, raw }, body }
}

describe.each([{ amsterdam: false }, { amsterdam: true }])('a block, amsterdam $amsterdam', ({ amsterdam }) => {
  // Creating an account costs far more gas there.
  const gasLimit = amsterdam ? 1_000_000n : 100_000n

  test('moves the value of a transfer and takes what it costs', async () => {
    const test = await testChain({ amsterdam })
    const before = (await test.execution.account(test.spec.genesis.header, faucetAddress))!.balance
    const block = await test.mine(
      faucetTransaction({ type: 0, nonce: 0n, to: testAddress(1), value: 12345n, gasLimit }),
    )
    const [receipt] = await receiptsOf(test, block)
    expect(receipt).toMatchObject({ type: 0, postStateOrStatus: SUCCESS })
    expect(await test.execution.account(block.header, testAddress(1))).toMatchObject({ balance: 12345n, nonce: 0n })
    const paid = receipt!.cumulativeGasUsed * 10n * GWEI + 12345n
    expect(await test.execution.account(block.header, faucetAddress)).toMatchObject({
      nonce: 1n,
      balance: before - paid,
    })
  })

  test('deploys a contract, which stores and logs', async () => {
    const test = await testChain({ amsterdam })
    const contract = faucetContract(0n)
    await test.mine(
      faucetTransaction({ nonce: 0n, to: null, value: 0n, data: deploying(CODE.store), gasLimit: 2_000_000n }),
    )
    const block = await test.mine(
      faucetTransaction({ type: 1, nonce: 1n, to: contract, value: 0n, data: word(42), gasLimit: 1_000_000n }),
    )
    expect(bytesToHex(await test.execution.code(block.header, contract))).toBe(CODE.store)
    expect(await test.execution.storage(block.header, contract, word(0))).toEqual(word(42))
    const [receipt] = await receiptsOf(test, block)
    const logs = decodeLogs(receipt!)
    expect(logs).toEqual([{ address: contract, topics: [word(0xaa)], data: word(42) }])
    expect(block.header.bloom).toEqual(logsBloom(logs))
  })

  test('has failed transactions, which cost gas and leave nothing', async () => {
    const test = await testChain({ amsterdam })
    const block = await test.mine(
      faucetTransaction({ nonce: 0n, to: null, value: 0n, data: deploying(CODE.revert), gasLimit: 2_000_000n }),
      faucetTransaction({ nonce: 1n, to: faucetContract(0n), value: 7n, gasLimit: 200_000n }),
    )
    const [, receipt] = await receiptsOf(test, block)
    expect(receipt).toMatchObject({ postStateOrStatus: FAILURE })
    expect(decodeLogs(receipt!)).toEqual([])
    expect(await test.execution.account(block.header, faucetContract(0n))).toMatchObject({ balance: 0n })
  })

  test('pays for blobs', async () => {
    const test = await testChain({ amsterdam })
    const block = await test.mine(faucetTransaction({ type: 3, nonce: 0n, value: 1n, gasLimit: 1_000_000n }))
    expect(block.header.blobGasUsed).toBe(131_072n)
    expect(await receiptsOf(test, block)).toMatchObject([{ type: 3, postStateOrStatus: SUCCESS }])
  })

  test('gives an account the code that it signed for', async () => {
    const test = await testChain({ amsterdam })
    const [authority, account] = [testKey(1), testAddress(1)]
    const contract = faucetContract(0n)
    const block = await test.mine(
      faucetTransaction({ nonce: 0n, to: null, value: 0n, data: deploying(CODE.store), gasLimit: 2_000_000n }),
      delegation({ nonce: 1n, authority, address: contract, to: account, data: word(9) }),
    )
    expect((await receiptsOf(test, block))[1]).toMatchObject({ type: 4, postStateOrStatus: SUCCESS })
    expect(bytesToHex(await test.execution.code(block.header, account))).toBe(`ef0100${bytesToHex(contract)}`)
    expect(await test.execution.storage(block.header, account, word(0))).toEqual(word(9))
    expect(await test.execution.account(block.header, account)).toMatchObject({ nonce: 1n })
  })

  test('pays out withdrawals', async () => {
    const test = await testChain({ amsterdam })
    const parent = test.spec.genesis.header
    const withdrawals = [{ index: 0n, validatorIndex: 3n, address: testAddress(5), amount: 2n }]
    const block = await test.execution.buildBlock(
      parent,
      { ...planAfter(parent.time), withdrawals },
      { peek: () => undefined, next() {}, leave() {} },
    )
    await test.importer.importBlocks([block])
    expect(await test.execution.account(block.header, testAddress(5))).toMatchObject({ balance: 2n * GWEI })
  })

  test('is run by another node with the same outcome', async () => {
    const made = await testChain({ amsterdam })
    const blocks = [
      await made.mine(
        faucetTransaction({ nonce: 0n, to: null, value: 0n, data: deploying(CODE.store), gasLimit: 2_000_000n }),
      ),
      await made.mine(
        faucetTransaction({ nonce: 1n, to: faucetContract(0n), value: 0n, data: word(1), gasLimit: 1_000_000n }),
        faucetTransaction({ type: 3, nonce: 2n, gasLimit: 1_000_000n }),
      ),
      await made.mine(),
    ]
    const other = await testChain({ amsterdam })
    await other.importer.importBlocks(blocks)
    for (const block of blocks) {
      expect(await other.chain.receipts(block.hash)).toEqual(await made.chain.receipts(block.hash))
      expect(await other.chain.accessList(block.hash)).toEqual(await made.chain.accessList(block.hash))
      expect((await other.chain.accessList(block.hash)) !== undefined).toBe(amsterdam)
    }
  })

  const wrong: [keyof HeaderFields, Partial<HeaderFields>][] = [
    ['stateRoot', { stateRoot: word(1) }],
    ['receiptsRoot', { receiptsRoot: word(1) }],
    ['bloom', { bloom: new Uint8Array(256).fill(1) }],
    ['gasUsed', { gasUsed: 1n }],
    ['requestsHash', { requestsHash: word(1) }],
    ...(amsterdam
      ? [['blockAccessListHash', { blockAccessListHash: word(1) }] as [keyof HeaderFields, Partial<HeaderFields>]]
      : []),
  ]
  test.each(wrong)('is refused for its %s, and the next one is run', async (field, fields) => {
    const test = await testChain({ amsterdam })
    const block = await test.mine(faucetTransaction({ nonce: 0n, to: testAddress(1), gasLimit }))
    const other = await testChain({ amsterdam })
    const parent = test.spec.genesis.header
    const bad = altered(block, fields)
    await expect(other.execution.execute(bad, parent)).rejects.toMatchObject({
      code: 'ERR_INVALID_BLOCK',
      fields: { number: 1n, hash: `0x${bytesToHex(bad.hash)}`, field },
    })
    await other.execution.execute(block, parent)
    expect(await other.execution.hasState(block.header)).toBe(true)
  })

  test.each([
    ['a nonce that is not the next', { nonce: 5n }, /\[1\].*correct nonce/],
    ['more value than the sender has', { nonce: 1n, value: 10n ** 30n }, /\[1\].*enough funds/],
  ])('is refused for %s', async (_what, options, message) => {
    const test = await testChain({ amsterdam })
    const block = await test.mine(faucetTransaction({ nonce: 0n, to: testAddress(1), gasLimit }))
    const transactions = [...block.body.transactions, faucetTransaction({ to: testAddress(1), gasLimit, ...options })]
    const bad = { ...block, body: { ...block.body, transactions } }
    const error = await test.execution.execute(bad, test.spec.genesis.header).catch((error) => error)
    expect(error).toMatchObject({ code: 'ERR_INVALID_BLOCK', fields: { field: 'transactions' } })
    expect(error.message).toMatch(message)
  })
})

const planAfter = (time: bigint) => ({
  time: time + 12n,
  coinbase: new Uint8Array(20),
  prevRandao: word(1),
  parentBeaconRoot: word(2),
  slotNumber: 1n,
})

describe('execution', () => {
  test('asks for the state of the parent', async () => {
    const made = await testChain()
    const first = await made.mine()
    const second = await made.mine()
    const other = await testChain()
    await expect(other.execution.execute(second, first.header)).rejects.toMatchObject({
      code: 'ERR_STATE',
      fields: { number: 1n },
    })
  })

  test('runs a block though it has just made another on the same parent', async () => {
    const { execution, spec } = await testChain()
    const parent = spec.genesis.header
    await execution.buildBlock(parent, planAfter(parent.time), new BestFirst(new Map(), 0n))
    const other = await testChain()
    const block = await other.mine(
      faucetTransaction({ type: 0, nonce: 0n, to: testAddress(1), value: 5n, gasLimit: 21_000n }),
    )
    await expect(execution.execute(altered(block, { stateRoot: word(1) }), parent)).rejects.toMatchObject({
      code: 'ERR_INVALID_BLOCK',
    })
    expect((await execution.execute(block, parent)).receipts).toEqual(await other.chain.receipts(block.hash))
    expect(await execution.account(block.header, testAddress(1))).toMatchObject({ balance: 5n })
  })

  test('runs both sides of a fork, and each has its own state', async () => {
    const [left, right] = [await testChain(), await testChain()]
    const pay = (nonce: bigint, value: bigint) =>
      faucetTransaction({ nonce, to: testAddress(1), value, gasLimit: 21_000n, type: 0 })
    const lefts = [await left.mine(pay(0n, 1n)), await left.mine(pay(1n, 2n))]
    const rights = [await right.mine(pay(0n, 10n)), await right.mine(pay(1n, 20n)), await right.mine(pay(2n, 30n))]
    await left.importer.importBlocks(rights)
    await left.chain.setHead(rights.at(-1)!.hash)
    const balance = async (block: Block) => (await left.execution.account(block.header, testAddress(1)))?.balance
    expect(await Promise.all([...lefts, ...rights].map(balance))).toEqual([1n, 3n, 10n, 30n, 60n])
  })

  test('gives the hashes of ancestors, on the branch where the block is', async () => {
    const [left, right] = [await testChain(), await testChain()]
    const deploy = faucetTransaction({
      nonce: 0n,
      to: null,
      value: 0n,
      data: deploying(CODE.blockHash),
      gasLimit: 200_000n,
    })
    const lefts = [await left.mine(deploy), await left.mine(), await left.mine()]
    const rights = [
      await right.mine(deploy, faucetTransaction({ nonce: 1n, gasLimit: 100_000n })),
      await right.mine(),
      await right.mine(),
    ]
    await left.importer.importBlocks(rights)
    const hashOf = async (at: Block, number: number) =>
      (await left.execution.call(at.header, { to: faucetContract(0n), data: word(number) })).returnData
    for (const blocks of [lefts, rights]) {
      expect(await hashOf(blocks[2]!, 2)).toEqual(blocks[1]!.hash)
      expect(await hashOf(blocks[2]!, 1)).toEqual(blocks[0]!.hash)
      expect(await hashOf(blocks[2]!, 0)).toEqual(left.spec.genesis.hash)
      expect(await hashOf(blocks[2]!, 3)).toEqual(word(0))
    }
  })

  test('refuses a store of another chain, of another version, and a chain without its accounts', async () => {
    const test = await testChain()
    const store = memoryStore()
    await openExecution({ store, spec: test.spec, chain: test.chain })
    const amsterdam = await testChain({ amsterdam: true })
    await expect(openExecution({ store, spec: amsterdam.spec, chain: amsterdam.chain })).rejects.toMatchObject({
      code: 'ERR_DATA_DIR',
      message: expect.stringMatching(/states are those of the chain with genesis block 0x[0-9a-f]{64}/),
    })
    for (const [schema, hint] of [
      ['1', 'import or sync it anew'],
      ['3', 'Use the version that wrote them'],
    ] as const) {
      await store.put('schema', new TextEncoder().encode(schema))
      await expect(openExecution({ store, spec: test.spec, chain: test.chain })).rejects.toMatchObject({
        code: 'ERR_DATA_DIR',
        message: expect.stringContaining(`the states have layout ${schema}`),
        hint: expect.stringContaining(hint),
      })
    }
    const { alloc, ...bare } = test.spec
    const chain = await memoryChain({ spec: bare })
    await expect(openExecution({ store: memoryStore(), spec: bare, chain })).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
    })
    await expect(
      openExecution({ store: memoryStore(), spec: test.spec, chain: test.chain, keepStates: 0 }),
    ).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
  })
})

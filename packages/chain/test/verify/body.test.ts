import { computeVersionedHash } from '@ethereumjs/util'
import { bytesToHex, concatBytes, EthspanError, encodeRlp, hexToBytes, joinRlpList } from '@ethspan/core'
import { describe, expect, test } from 'vitest'
import {
  type Body,
  type BodyFields,
  bodyFault,
  chainCommon,
  decodeBody,
  encodeBody,
  type Header,
  headerHash,
  transactionsRoot,
  verifyBody,
  verifyHeader,
} from '../../src/index.js'
import {
  type TestBlocksOptions,
  type TestFork,
  testBlocks,
  testSpec,
  testTransaction,
} from '../../src/testing/index.js'
import { verifyUncles } from '../../src/verify/body.js'
import { changed, headerOf } from '../support/headers.js'

const FORKS: readonly TestFork[] = ['paris', 'shanghai', 'cancun', 'prague', 'osaka', 'amsterdam']

async function made(fork: TestFork, options: Partial<TestBlocksOptions> = {}) {
  const spec = testSpec({ fork })
  const [block] = await testBlocks({ count: 1, spec, transactions: 5, withdrawals: 3, ...options })
  return { spec, common: chainCommon(spec.config), ...block! }
}

/** The body with some of its parts changed, and encoded anew. */
const but = (body: Body, fields: Partial<BodyFields>): Body => decodeBody(encodeBody({ ...body, ...fields }))

describe.each(FORKS)('in %s', (fork) => {
  test('a block for tests keeps to all rules', async () => {
    const { spec, common, header, body } = await made(fork)
    verifyHeader(header, spec.genesis.header, spec.config)
    expect(await bodyFault(header, body)).toBeUndefined()
    await expect(verifyBody(header, body, common)).resolves.toBeUndefined()
  })

  test('a body with a transaction missing, changed or out of order is not that of the header', async () => {
    const { header, body } = await made(fork)
    const { transactions } = body
    const [first, second, ...others] = transactions
    for (const lie of [
      [],
      transactions.slice(1),
      [...transactions, first!],
      [second!, first!, ...others],
      [{ ...first!, bytes: first!.bytes.with(-1, first!.bytes.at(-1)! ^ 1) }, second!, ...others],
    ]) {
      expect(await bodyFault(header, but(body, { transactions: lie }))).toBe(
        'the transactions are not those of the header',
      )
    }
  })

  test('a body with an uncle is not that of the header', async () => {
    const { spec, header, body } = await made(fork)
    const uncles = [spec.genesis.header]
    expect(await bodyFault(header, but(body, { uncles }))).toBe('the uncles are not those of the header')
  })
})

describe('withdrawals', () => {
  test('that differ in any field, are missing or too many are not those of the header', async () => {
    const { header, body } = await made('osaka')
    const [first, second, third] = body.withdrawals!
    for (const withdrawals of [
      [],
      [first!, second!],
      [second!, first!, third!],
      [first!, second!, third!, third!],
      [{ ...first!, index: first!.index + 1n }, second!, third!],
      [{ ...first!, validatorIndex: 9n }, second!, third!],
      [{ ...first!, address: new Uint8Array(20) }, second!, third!],
      [{ ...first!, amount: first!.amount + 1n }, second!, third!],
    ]) {
      const fault = await bodyFault(header, but(body, { withdrawals }))
      expect(fault).toBe('the withdrawals are not those of the header')
    }
    expect(await bodyFault(header, but(body, { withdrawals: undefined }))).toBe('the withdrawals are missing')
  })

  test('are no part of a block before Shanghai, not even none of them', async () => {
    const { header, body } = await made('paris')
    const fault = await bodyFault(header, but(body, { withdrawals: [] }))
    expect(fault).toBe('there are withdrawals, but none in the header')
  })
})

/** What a block is refused for. */
async function blamed(promise: Promise<void>): Promise<[field: unknown, message: string]> {
  const error = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(EthspanError)
  const { code, fields, message } = error as EthspanError
  expect(code).toBe('ERR_INVALID_BLOCK')
  return [fields.field, message]
}

describe('a block', () => {
  test('of more than 8 MiB is refused from Osaka on', async () => {
    const transactions = () =>
      Array.from({ length: 85 }, (_, i) => testTransaction({ nonce: BigInt(i), data: new Uint8Array(100_000) }))
    const [before, since] = [await made('prague', { transactions }), await made('osaka', { transactions })]
    await expect(verifyBody(before.header, before.body, before.common)).resolves.toBeUndefined()
    expect(await blamed(verifyBody(since.header, since.body, since.common))).toEqual([
      'transactions',
      expect.stringMatching(/^block 1: transactions and all else take 85\d{5} bytes, at most 8388608 may be$/),
    ])
  })
})

describe('uncles', () => {
  const config = testSpec({ fork: 'paris' }).genesis.header
  const header = (number: bigint, parent: number, extra = 0): Header =>
    changed(config, { number, parentHash: new Uint8Array(32).fill(parent), extraData: Uint8Array.of(extra) })
  const block = header(100n, 99)
  const refusal = (...uncles: Header[]) => {
    try {
      verifyUncles(block, uncles)
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_INVALID_BLOCK', fields: { field: 'uncles' } })
      return (error as Error).message.replace(/0x[0-9a-f]{64}/, 'it')
    }
    return undefined
  }

  test('of the last six generations are taken', () => {
    expect(refusal(header(99n, 1), header(94n, 2))).toBeUndefined()
  })

  test.each<[string, Header[], string]>([
    ['one twice', [header(99n, 1), header(99n, 1)], 'block 100: uncles hold it, which is there already'],
    ['a sibling', [header(100n, 99, 1)], 'block 100: uncles hold it, a sibling'],
    ['one too old', [header(93n, 1)], 'block 100: uncles hold it, of number 93'],
    ['one too young', [header(100n, 1)], 'block 100: uncles hold it, of number 100'],
  ])('with %s among them are refused', (_, uncles, message) => {
    expect(refusal(...uncles)).toBe(message)
  })

  test('with its own parent among them are refused', () => {
    const parent = header(99n, 1)
    const child = changed(block, { parentHash: headerHash(parent) })
    expect(() => verifyUncles(child, [parent])).toThrow(/which is there already$/)
  })
})

describe('transactions that are the header’s, but not such as its fork allows,', () => {
  /** A block whose header is made for these transactions. */
  async function holding(fork: TestFork, transactions: readonly ReturnType<typeof testTransaction>[]) {
    const { common, header, body } = await made(fork)
    const whole = but(body, { transactions })
    return { common, header: changed(header, { txsRoot: await transactionsRoot(transactions) }), body: whole }
  }
  const GWEI = 1_000_000_000n

  test.each<[string, TestFork, Parameters<typeof testTransaction>[0], RegExp]>([
    ['of a type that comes later', 'cancun', { type: 4, nonce: 0n }, /EIP-7702 not enabled/],
    ['for another chain', 'osaka', { nonce: 0n, chainId: 5n }, /it is for chain 5, not 1337$/],
    [
      'that pay less than the base fee',
      'osaka',
      { nonce: 0n, maxFeePerGas: 1n, maxPriorityFeePerGas: 0n },
      /it pays 1 wei for gas, the block's base fee is \d+$/,
    ],
    [
      'that pay less than blobs cost',
      'osaka',
      { type: 3, nonce: 0n, maxFeePerBlobGas: 0n },
      /it pays 0 wei for blob gas, the block's base fee is 1$/,
    ],
    [
      'with more gas than the block has',
      'prague',
      { nonce: 0n, gasLimit: 30_000_001n },
      /its gas limit is 30000001, the block's 30000000$/,
    ],
    ['with more gas than a transaction may have', 'osaka', { nonce: 0n, gasLimit: 2n ** 24n + 1n }, /EIP-7825/],
  ])('%s, are refused', async (_, fork, options, message) => {
    const good = testTransaction({ nonce: 0n, maxFeePerGas: 5n * GWEI })
    const { header, body, common } = await holding(fork, [
      good,
      testTransaction({ maxFeePerGas: 5n * GWEI, ...options }),
    ])
    const zeroBlobs = header.blobGasUsed === undefined ? header : changed(header, { blobGasUsed: 0n })
    const [field, text] = await blamed(verifyBody(zeroBlobs, body, common))
    expect(field).toBe('transactions')
    expect(text).toMatch(/^block 1: transactions \[1\]: /)
    expect(text).toMatch(message)
  })

  test('without a valid signature are refused', async () => {
    const { type, bytes } = testTransaction({ nonce: 0n })
    // The last two fields are r and s, 32 bytes each and a prefix: an r beyond the order of the curve is nobody's.
    const forged = { type, bytes: Uint8Array.from(bytes).fill(0xff, -65, -33) }
    const { header, body, common } = await holding('osaka', [forged])
    expect(await blamed(verifyBody(header, body, common))).toEqual([
      'transactions',
      'block 1: transactions [0]: the signature is not valid',
    ])
  })

  test('that bring their blobs along are refused', async () => {
    const commitment = new Uint8Array(48)
    const hash = hexToBytes(computeVersionedHash(`0x${bytesToHex(commitment)}`, 1).slice(2))
    const { bytes } = testTransaction({ type: 3, nonce: 0n, blobVersionedHashes: [hash] })
    const sidecar = [[new Uint8Array(131_072)], [commitment], [new Uint8Array(48)]].map((list) => encodeRlp(list))
    const whole = { type: 3, bytes: concatBytes(Uint8Array.of(3), joinRlpList([bytes.subarray(1), ...sidecar])) }
    const { header, body, common } = await holding('prague', [whole])
    expect(await blamed(verifyBody(header, body, common))).toEqual([
      'transactions',
      'block 1: transactions [0]: its blobs are in the block',
    ])
  })

  test('with more blobs than their header says, or fewer, are refused', async () => {
    const blob = testTransaction({ type: 3, nonce: 0n, maxFeePerGas: 5n * GWEI })
    const { header, body, common } = await holding('osaka', [blob, blob])
    await expect(verifyBody(changed(header, { blobGasUsed: 262_144n }), body, common)).resolves.toBeUndefined()
    for (const blobGasUsed of [0n, 131_072n, 393_216n]) {
      expect(await blamed(verifyBody(changed(header, { blobGasUsed }), body, common))).toEqual([
        'blobGasUsed',
        `block 1: blobGasUsed is ${blobGasUsed}, its transactions have 262144`,
      ])
    }
  })
})

test('headers made by hand here are those that were changed', () => {
  const { header } = testSpec({ fork: 'amsterdam' }).genesis
  expect(headerOf(header)).toEqual(header)
})

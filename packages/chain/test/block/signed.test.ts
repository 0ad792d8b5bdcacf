import { ecrecover } from '@ethereumjs/util'
import {
  concatBytes,
  decodeRlp,
  EthspanError,
  encodeRlp,
  equalBytes,
  expectList,
  hexToBytes,
  type RlpItem,
} from '@ethspan/core'
import { parseGwei, sidecarsToVersionedHashes, type TransactionSerializable } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import {
  BLOB_BYTES,
  chainCommon,
  commonAt,
  decodeTransaction,
  encodeTransaction,
  readSidecar,
  readTransaction,
  senderOf,
  type Transaction,
  transactionHash,
  withoutSidecar,
} from '../../src/index.js'
import { everyFork } from '../support/configs.js'

const account = privateKeyToAccount(`0x${'5a'.repeat(32)}`)
const to = `0x${'0c'.repeat(20)}` as const
const common = chainCommon(everyFork)
const at = (time: number) => commonAt(common, { number: 1n, time: BigInt(time) })
const [shanghai, cancun, prague, osaka] = [at(0), at(60), at(120), at(180)]

const fees = { maxFeePerGas: parseGwei('3'), maxPriorityFeePerGas: 1n }
const accessList = [{ address: to, storageKeys: [`0x${'11'.repeat(32)}`, `0x${'22'.repeat(32)}`] }] as const
const chainId = everyFork.chainId
const whole = { chainId, nonce: 7, gas: 100_000n, to, value: 5n, data: '0x0102' } as const
const blobVersionedHashes = [`0x01${'33'.repeat(31)}`] as const

/** Signed by viem, one of each type. */
const signed: Readonly<Record<string, () => Promise<Transaction>>> = {
  'legacy without a chain id': () => sign({ ...whole, chainId: undefined, type: 'legacy', gasPrice: 9n }),
  legacy: () => sign({ ...whole, type: 'legacy', gasPrice: 9n }),
  'with an access list': () => sign({ ...whole, type: 'eip2930', gasPrice: 9n, accessList }),
  'with two fees': () => sign({ ...whole, ...fees, type: 'eip1559', accessList }),
  'of a contract to make': () => sign({ ...whole, ...fees, type: 'eip1559', to: null }),
  'with blobs': () => sign({ ...whole, ...fees, type: 'eip4844', blobVersionedHashes, maxFeePerBlobGas: 4n }),
  'with code to set': async () => {
    const authorization = await account.signAuthorization({ contractAddress: to, chainId, nonce: 8 })
    return sign({ ...whole, ...fees, type: 'eip7702', authorizationList: [authorization] })
  },
}

/** From a node's point of view: what is inside of the byte string, or the list. */
async function sign(tx: TransactionSerializable): Promise<Transaction> {
  const bytes = hexToBytes((await account.signTransaction(tx)).slice(2))
  return decodeTransaction(bytes[0]! >= 0xc0 ? bytes : encodeRlp(bytes))
}

/** The transaction with some of its fields changed. */
function change({ type, bytes }: Transaction, edit: (fields: RlpItem[]) => void): Transaction {
  const fields = expectList(decodeRlp(type === 0 ? bytes : bytes.subarray(1)), 'transaction')
  edit(fields)
  const raw = encodeRlp(fields)
  return { type, bytes: type === 0 ? raw : Uint8Array.of(type, ...raw) }
}

const refused = (tx: Transaction, rules = prague): string => {
  try {
    senderOf(readTransaction(tx, rules))
  } catch (error) {
    expect(error).toBeInstanceOf(EthspanError)
    expect(error).toMatchObject({ code: 'ERR_INVALID_TRANSACTION' })
    expect((error as Error).message).not.toContain('\n')
    return (error as Error).message
  }
  throw new Error('it was taken')
}

describe.each(Object.entries(signed))('a transaction %s', (_, make) => {
  test('is read as viem wrote it, and its sender is who signed it', async () => {
    const tx = await make()
    const read = readTransaction(tx, prague)
    expect(read).toMatchObject({ type: tx.type, nonce: 7n, gasLimit: 100_000n, value: 5n })
    expect(read.data).toEqual(Uint8Array.of(1, 2))
    expect(read.hash()).toEqual(transactionHash(tx))
    expect(`0x${Buffer.from(senderOf(read)).toString('hex')}`).toBe(account.address.toLowerCase())
  })

  test('is refused with another signature, for another chain and with a field more or less', async () => {
    const tx = await make()
    const s = -1
    expect(refused(change(tx, (fields) => fields.splice(s, 1, new Uint8Array(0))))).toBe('the signature is not valid')
    expect(refused(change(tx, (fields) => fields.splice(s, 1, new Uint8Array(32).fill(0xee))))).toMatch(/signature/i)
    expect(refused(change(tx, (fields) => fields.pop()))).toMatch(/transaction: expected/)
    expect(refused(change(tx, (fields) => fields.push(new Uint8Array(0))))).toMatch(/transaction: expected/)
    if (!equalBytes(tx.bytes, (await signed['legacy without a chain id']!()).bytes)) {
      const other = commonAt(chainCommon({ ...everyFork, chainId: 5 }), { number: 1n, time: 120n })
      expect(refused(tx, other)).toMatch(/^it is for chain 3503995874084926, not 5$/)
    }
  })

  test('is refused where a number has a leading zero', async () => {
    const tx = await make()
    expect(refused(change(tx, (fields) => fields.splice(-2, 1, new Uint8Array(32))))).toBe(
      'r: an integer has no leading zeros',
    )
  })
})

test('a signature is worked out once for a transaction, however often it is read by the same rules', async () => {
  const counted = chainCommon(everyFork, {
    ecrecover: (...args) => {
      count++
      return ecrecover(...args)
    },
  })
  let count = 0
  const rules = (time: bigint) => commonAt(counted, { number: 1n, time })
  const tx = await signed['with two fees']!()
  const first = senderOf(readTransaction(tx, rules(120n)))
  expect(senderOf(readTransaction(tx, rules(120n)))).toEqual(first)
  expect(readTransaction(tx, rules(120n)).getSenderAddress().bytes).toEqual(first)
  expect(count).toBe(1)
  expect(senderOf(readTransaction(tx, rules(180n)))).toEqual(first)
  expect(count).toBe(2)
})

describe('of a fork before its own', () => {
  test.each([
    ['with blobs', shanghai],
    ['with code to set', cancun],
  ] as const)('a transaction %s is refused', async (name, rules) => {
    expect(refused(await signed[name]!(), rules)).toMatch(/^EIP-\d+ not enabled/)
  })

  test('typed transactions and chain ids are refused', async () => {
    const { chainId, homesteadBlock } = everyFork
    const { shanghaiTime: _, londonBlock: __, arrowGlacierBlock: ___, grayGlacierBlock: ____, ...toBerlin } = everyFork
    const first = { number: 1n, time: 0n, difficulty: 1n }
    const homestead = commonAt(chainCommon({ chainId, homesteadBlock }), first)
    const berlin = commonAt(chainCommon(toBerlin), first)
    expect(refused(await signed.legacy!(), homestead)).toMatch(/^its v must be 27 or 28, not \d+$/)
    expect(refused(await signed['with two fees']!(), berlin)).toBe('EIP-1559 not enabled on Common')
  })
})

describe('what its fork forbids is refused:', () => {
  test('more than the gas of a transaction, from Osaka until Amsterdam', async () => {
    const tx = await sign({ ...whole, ...fees, type: 'eip1559', gas: 2n ** 24n + 1n })
    expect(readTransaction(tx, prague).gasLimit).toBe(2n ** 24n + 1n)
    expect(refused(tx, osaka)).toMatch(/^Transaction gas limit 16777217 exceeds the maximum allowed by EIP-7825/)
    expect(readTransaction(tx, at(360)).gasLimit).toBe(2n ** 24n + 1n)
  })

  test('a tip above the fee', async () => {
    const tx = await signed['with two fees']!()
    const lavish = change(tx, (fields) => fields.splice(2, 1, new Uint8Array(8).fill(0xff)))
    expect(refused(lavish)).toMatch(/^maxFeePerGas cannot be less than maxPriorityFeePerGas/)
  })

  test('more blobs than a block or a transaction may have', async () => {
    const tx = await signed['with blobs']!()
    const blobs = (count: number) =>
      change(tx, (fields) => fields.splice(10, 1, Array(count).fill(hexToBytes(`01${'33'.repeat(31)}`))))
    expect(readTransaction(blobs(9), prague)).toMatchObject({ type: 3 })
    expect(refused(blobs(10), prague)).toMatch(/exceed maximum blob gas per block/)
    expect(refused(blobs(7), osaka)).toMatch(/^7 blobs exceeds max 6 blobs per tx/)
    expect(refused(blobs(0), prague)).toBe('tx should contain at least one blob')
  })

  test('a versioned hash of another version, even one that looks like the first in hexadecimal', async () => {
    const tx = await signed['with blobs']!()
    for (const version of [0, 2, 0x10, 0x1e]) {
      const hash = new Uint8Array(32).fill(version, 0, 1)
      expect(refused(change(tx, (fields) => fields.splice(10, 1, [hash])))).toBe(
        `versioned hash: there is no version ${version}`,
      )
    }
  })

  test('a contract to be made by a transaction that carries blobs or sets code', async () => {
    for (const name of ['with blobs', 'with code to set']) {
      const tx = await signed[name]!()
      expect(refused(change(tx, (fields) => fields.splice(5, 1, new Uint8Array(0))))).toMatch(/"to" field/)
    }
  })

  test('an empty list of authorizations, and one that is no authorization', async () => {
    const tx = await signed['with code to set']!()
    expect(refused(change(tx, (fields) => fields.splice(9, 1, [])))).toMatch(/authorization list is empty/)
    expect(refused(change(tx, (fields) => fields.splice(9, 1, [[]])))).toMatch(/^authorization: expected/)
  })

  test('a type that there is not', () => {
    expect(refused({ type: 5, bytes: Uint8Array.of(5, 0xc0) })).toBe('there is no transaction type 5')
  })
})

describe('a chain id near and beyond what a floating-point number holds', () => {
  test('is told from its neighbours', async () => {
    const id = Number.MAX_SAFE_INTEGER
    const tx = await sign({ ...whole, chainId: id, type: 'legacy', gasPrice: 9n })
    const rules = (id: number) => commonAt(chainCommon({ ...everyFork, chainId: id }), { number: 1n, time: 120n })
    expect(refused(tx, rules(id - 1))).toBe(`it is for chain ${id}, not ${id - 1}`)
  })
})

describe('blobs that come with a transaction', () => {
  const commitment = new Uint8Array(48).fill(0xc0)
  const blob = new Uint8Array(BLOB_BYTES).fill(1)
  const proofs = (count: number) => Array<Uint8Array>(count).fill(new Uint8Array(48).fill(0xbb))
  const hex = (bytes: Uint8Array) => `0x${Buffer.from(bytes).toString('hex')}` as const
  const hashes = (commitments: readonly Uint8Array[]) =>
    sidecarsToVersionedHashes({
      sidecars: commitments.map((bytes) => ({ blob: '0x', commitment: hex(bytes), proof: '0x' })),
    })
  const bare = (commitments: readonly Uint8Array[]) =>
    sign({ ...whole, ...fees, type: 'eip4844', blobVersionedHashes: hashes(commitments), maxFeePerBlobGas: 4n })
  const wrap = (tx: Transaction, ...parts: readonly (RlpItem | number)[]): Transaction => ({
    type: 3,
    bytes: concatBytes(Uint8Array.of(3), encodeRlp([decodeRlp(tx.bytes.subarray(1)), ...parts])),
  })

  test.each([
    ['EIP-4844', 0, (tx: Transaction) => wrap(tx, [blob], [commitment], proofs(1))],
    ['EIP-7594', 1, (tx: Transaction) => wrap(tx, 1, [blob], [commitment], proofs(128))],
  ] as const)('in the form of %s are found', async (_, version, wrapped) => {
    const tx = await bare([commitment])
    const network = wrapped(tx)
    const read = readTransaction(network, osaka)
    expect(read.hash()).toEqual(transactionHash(tx))
    expect(transactionHash(network)).toEqual(transactionHash(tx))
    expect(withoutSidecar(network)).toEqual(tx)
    expect(senderOf(read)).toEqual(hexToBytes(account.address.slice(2)))
    const sidecar = readSidecar(network)
    expect(sidecar).toMatchObject({ version, commitments: [commitment] })
    expect(sidecar?.blobs.map((bytes) => equalBytes(bytes, blob))).toEqual([true])
    expect(sidecar?.proofs).toHaveLength(version === 0 ? 1 : 128)
    expect(decodeTransaction(encodeTransaction(network))).toEqual(network)
  })

  test('are nothing to a transaction without them', async () => {
    for (const make of Object.values(signed)) {
      const tx = await make()
      expect(readSidecar(tx)).toBeUndefined()
      expect(withoutSidecar(tx)).toBe(tx)
    }
  })

  test('are refused where they are not those that the transaction names', async () => {
    const tx = await bare([new Uint8Array(48)])
    expect(refused(wrap(tx, [blob], [commitment], proofs(1)))).toBe('its blobs are not those that its hashes name')
    const two = await bare([commitment, commitment])
    expect(refused(wrap(two, [blob], [commitment], proofs(1)))).toBe('its blobs are not those that its hashes name')
  })

  test.each<[string, readonly (RlpItem | number)[]]>([
    ['of version 2', [2, [blob], [commitment], proofs(128)]],
    ['of a version 0 that is told', [0, [blob], [commitment], proofs(1)]],
    ['with a part too few', [[blob], [commitment]]],
    ['with a part too many', [1, [blob], [commitment], proofs(128), []]],
    ['with a blob too short', [[blob.subarray(1)], [commitment], proofs(1)]],
    ['with a commitment too long', [[blob], [new Uint8Array(49)], proofs(1)]],
    ['with a proof too few', [1, [blob], [commitment], proofs(127)]],
    ['with a blob too many', [[blob, blob], [commitment], proofs(1)]],
    ['with more blobs than any fork allows', [[], [], proofs(64 * 128 + 1)]],
  ])('are refused %s', async (_, parts) => {
    const tx = await bare([commitment])
    expect(refused(wrap(tx, ...parts))).toMatch(/blob transaction|sidecar/)
  })
})

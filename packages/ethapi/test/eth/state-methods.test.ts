import type { Account, AccountProof, CallOptions, CallRequest, CallResult, Header, StateReader } from '@ethspan/chain'
import { testAddress, testTransaction } from '@ethspan/chain/testing'
import { EthspanError } from '@ethspan/core'
import { SimClock, settle } from '@ethspan/core/testing'
import { describe, expect, test } from 'vitest'
import { clientOf, FakePool, failureOf, hexOf, startApi } from '../support.js'

const ADDRESS = hexOf(testAddress(0))
const account: Account = {
  nonce: 3n,
  balance: 10n ** 18n,
  codeHash: new Uint8Array(32).fill(1),
  storageRoot: new Uint8Array(32).fill(2),
}

/** A state that says of what it was asked. */
class FakeState implements StateReader {
  readonly headers: Header[] = []
  readonly calls: CallRequest[] = []
  readonly overrides: unknown[] = []
  result: CallResult | ((signal: AbortSignal) => Promise<CallResult>) = { returnData: Uint8Array.of(1), gasUsed: 1n }
  estimate: bigint | EthspanError = 21_000n

  #asked(header: Header): void {
    this.headers.push(header)
  }
  hasState = async () => true
  account = async (header: Header, address: Uint8Array) => {
    this.#asked(header)
    return hexOf(address) === ADDRESS ? account : undefined
  }
  code = async (header: Header) => {
    this.#asked(header)
    return Uint8Array.of(0x60, 0x80)
  }
  storage = async (header: Header, _address: Uint8Array, slot: Uint8Array) => {
    this.#asked(header)
    return slot
  }
  call = async (header: Header, request: CallRequest, options?: CallOptions) => {
    this.#asked(header)
    this.overrides.push(options?.overrides)
    this.calls.push(request)
    return typeof this.result === 'function' ? this.result(options!.signal!) : this.result
  }
  estimateGas = async (header: Header, request: CallRequest, options?: CallOptions) => {
    this.#asked(header)
    this.overrides.push(options?.overrides)
    this.calls.push(request)
    if (typeof this.estimate !== 'bigint') throw this.estimate
    return this.estimate
  }
  proof = async (_header: Header, address: Uint8Array, slots: readonly Uint8Array[]): Promise<AccountProof> => ({
    account: await this.account(_header, address),
    accountProof: [Uint8Array.of(0xc0)],
    storageProof: slots.map((key) => ({ key, value: Uint8Array.of(1, 0), proof: [Uint8Array.of(0xc1, 0x80)] })),
  })
}

const start = async () => {
  const state = new FakeState()
  return { state, ...(await startApi({ state })) }
}

test('without states the methods that read them do not exist', async () => {
  const { client } = await startApi()
  expect(await failureOf(client.request('eth_getBalance', [ADDRESS, 'latest']))).toEqual({
    code: -32601,
    message: 'the method eth_getBalance does not exist/is not available',
  })
})

describe('the state is that of', () => {
  test.each([
    ['the head, where no block is named', [], 5],
    ['the head, for the pending block too', ['pending'], 5],
    ['a number', ['0x2'], 2],
    ['the genesis block', ['earliest'], 0],
  ])('%s', async (_, at, number) => {
    const { client, state } = await start()
    await client.request('eth_getBalance', [ADDRESS, ...at])
    expect(state.headers.map((header) => Number(header.number))).toEqual([number])
  })

  test.each([
    ['0x6', 'header not found'],
    [`0x${'12'.repeat(32)}`, 'header for hash not found'],
    ['safe', 'safe block not found'],
  ])('no block that is not there: %s', async (at, message) => {
    const { client } = await start()
    expect(await failureOf(client.request('eth_getCode', [ADDRESS, at]))).toEqual({ code: -32000, message })
  })
})

test('accounts, code and storage are told as quantities and bytes; of nobody it is zero', async () => {
  const { client } = await start()
  const nobody = `0x${'00'.repeat(20)}`
  expect(await client.request('eth_getBalance', [ADDRESS])).toBe('0xde0b6b3a7640000')
  expect(await client.request('eth_getBalance', [nobody])).toBe('0x0')
  expect(await client.request('eth_getTransactionCount', [ADDRESS])).toBe('0x3')
  expect(await client.request('eth_getTransactionCount', [nobody])).toBe('0x0')
  expect(await client.request('eth_getCode', [ADDRESS])).toBe('0x6080')
  expect(await client.request('eth_getStorageAt', [ADDRESS, '0x1'])).toBe(`0x${'0'.repeat(63)}1`)
})

test('slots of several accounts are told at once', async () => {
  const { client } = await start()
  const slot = (last: string) => `0x${'0'.repeat(63)}${last}`
  const nobody = `0x${'00'.repeat(20)}`
  const wanted = { [ADDRESS]: [slot('1'), slot('2')], [nobody]: [slot('3')] }
  expect(await client.request('eth_getStorageValues', [wanted])).toEqual(wanted)
  const ask = (asked: unknown) => failureOf(client.request('eth_getStorageValues', [asked, 'latest']))
  expect(await ask({})).toEqual({ code: -32602, message: 'empty request' })
  const many = { [ADDRESS]: Array(1000).fill(slot('1')), [nobody]: Array(25).fill(slot('1')) }
  expect(await ask(many)).toEqual({ code: -38026, message: 'too many slots (max 1024)' })
  expect(await ask({ '0x12': [slot('1')] })).toMatchObject({ code: -32602 })
})

test('the pending nonce counts what waits in the pool', async () => {
  const { chain, state } = await start()
  const pool = new FakePool()
  const client = clientOf({ chain, state, pool })
  const nonce = () => client.request('eth_getTransactionCount', [ADDRESS, 'pending'])
  expect(await nonce()).toBe('0x3')
  pool.pool(testTransaction({ nonce: 3n }))
  expect(await nonce()).toBe('0x4')
})

test('a proof names short keys as numbers and keys of 32 bytes as they came', async () => {
  const { client } = await start()
  const long = `0x${'00'.repeat(31)}05`
  expect(await client.request('eth_getProof', [ADDRESS, ['0x05', long], 'latest'])).toEqual({
    address: ADDRESS,
    accountProof: ['0xc0'],
    balance: '0xde0b6b3a7640000',
    codeHash: hexOf(account.codeHash),
    nonce: '0x3',
    storageHash: hexOf(account.storageRoot),
    storageProof: [
      { key: '0x5', value: '0x100', proof: ['0xc180'] },
      { key: long, value: '0x100', proof: ['0xc180'] },
    ],
  })
  const keys = Array(1025).fill('0x1')
  const message = 'too many storage keys requested (max 1024, got 1025)'
  expect(await failureOf(client.request('eth_getProof', [ADDRESS, keys]))).toEqual({ code: -32602, message })
})

describe('a call', () => {
  const call = { to: ADDRESS, data: '0x01' }

  test('gives what it returns, with the gas cap where it names no gas or more', async () => {
    const { client, state } = await start()
    expect(await client.request('eth_call', [call])).toBe('0x01')
    await client.request('eth_call', [{ ...call, gas: '0xffffffff' }])
    await client.request('eth_call', [{ ...call, gas: '0x5208' }])
    expect(state.calls.map(({ gas }) => gas)).toEqual([50_000_000n, 50_000_000n, 21_000n])
  })

  test.each([
    ['a reason', `0x08c379a0${word(32)}${word(4)}${'6e6f7065'.padEnd(64, '0')}`, 'execution reverted: nope'],
    ['a panic', `0x4e487b71${word(0x11)}`, 'execution reverted: arithmetic underflow or overflow'],
    ['an unknown panic', `0x4e487b71${word(0x99)}`, 'execution reverted: unknown panic code: 0x99'],
    ['nothing', '0x', 'execution reverted'],
    ['an error of its own', '0x12345678', 'execution reverted'],
    ['a reason that lies about its length', `0x08c379a0${word(32)}${'f'.repeat(64)}`, 'execution reverted'],
  ])('that reverts with %s is answered with code 3 and the data', async (_, data, message) => {
    const { client, state } = await start()
    const returnData = Uint8Array.from(Buffer.from(data.slice(2), 'hex'))
    state.result = { returnData, gasUsed: 1n, error: 'execution reverted' }
    expect(await failureOf(client.request('eth_call', [call]))).toEqual({ code: 3, message, data })
    state.estimate = new EthspanError('ERR_EXECUTION', 'execution reverted', { fields: { returnData } })
    expect(await failureOf(client.request('eth_estimateGas', [call]))).toEqual({ code: 3, message, data })
  })

  test('that fails otherwise is answered in the words of the EVM', async () => {
    const { client, state } = await start()
    state.result = { returnData: new Uint8Array(0), gasUsed: 1n, error: 'out of gas' }
    expect(await failureOf(client.request('eth_call', [call]))).toEqual({ code: -32000, message: 'out of gas' })
    state.estimate = new EthspanError('ERR_EXECUTION', 'gas required exceeds allowance (21000)')
    const message = 'gas required exceeds allowance (21000)'
    expect(await failureOf(client.request('eth_estimateGas', [call]))).toEqual({ code: -32000, message })
  })

  test('that runs for too long is given up', async () => {
    const { chain, state } = await start()
    const clock = new SimClock()
    state.result = (signal) => {
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))))
    }
    const failure = failureOf(clientOf({ chain, state, clock }).request('eth_call', [call]))
    await settle()
    await clock.advance(5_000)
    expect(await failure).toEqual({ code: -32000, message: 'execution aborted (timeout = 5s)' })
    expect(clock.pendingTimers).toBe(0)
  })

  test.each([
    [
      { gasPrice: '0x1', maxFeePerGas: '0x1' },
      -32000,
      'both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified',
    ],
    [{ chainId: '0x1' }, -32000, "chainId does not match node's (have=1, want=1337)"],
    [{ to: undefined, blobVersionedHashes: [] }, -32000, 'blob transaction of type create'],
    [{ gas: 21000 }, -32602, 'invalid argument 0: gas: expected a string'],
  ])('with %j is refused', async (fields, code, message) => {
    const { client } = await start()
    expect(await failureOf(client.request('eth_call', [{ ...call, ...fields }]))).toEqual({ code, message })
  })

  test('sees the accounts and the block that it is told to see', async () => {
    const { client, state } = await start()
    const [low, high] = [`0x${'01'.repeat(20)}`, `0x${'02'.repeat(20)}`]
    const [slot, value] = [`0x${'03'.repeat(32)}`, `0x${'04'.repeat(32)}`]
    const accounts = {
      [high]: { nonce: '0x1', code: '0x00', balance: '0x2', state: { [slot]: value } },
      [low]: { stateDiff: { [slot]: value }, movePrecompileToAddress: high },
    }
    const block = {
      number: '0x5',
      time: '0x6',
      gasLimit: '0x7',
      feeRecipient: low,
      prevRandao: slot,
      blobBaseFee: '0x8',
    }
    for (const method of ['eth_call', 'eth_estimateGas']) {
      await client.request(method, [call, 'latest', accounts, block])
      expect(state.overrides.pop(), method).toMatchObject({
        accounts: [
          {
            address: new Uint8Array(20).fill(1),
            stateDiff: [[word32(3), word32(4)]],
            movePrecompileTo: new Uint8Array(20).fill(2),
          },
          { nonce: 1n, code: Uint8Array.of(0), balance: 2n, state: [[word32(3), word32(4)]] },
        ],
        block: { number: 5n, time: 6n, gasLimit: 7n, prevRandao: word32(3), blobBaseFee: 8n },
      })
    }
  })

  test.each([
    [{ '0x12': {} }, {}, -32602, 'invalid argument 2: hex string has length 2, want 40'],
    [{ [ADDRESS]: { balance: 1 } }, {}, -32602, 'invalid argument 2: balance: expected a string'],
    [{ [ADDRESS]: { state: { '0x1': '0x2' } } }, {}, -32602, 'invalid argument 2: state: hex string of odd length'],
    [{}, { number: 1 }, -32602, 'invalid argument 3: number: expected a string'],
    [{}, { beaconRoot: ADDRESS }, -32000, 'block override "beaconRoot" is not supported for this RPC method'],
    [{}, { withdrawals: [] }, -32000, 'block override "withdrawals" is not supported for this RPC method'],
  ])('is refused where it shall see %j and %j', async (accounts, block, code, message) => {
    const { client } = await start()
    expect(await failureOf(client.request('eth_call', [call, 'latest', accounts, block]))).toEqual({ code, message })
  })
})

test('the least gas is told as a quantity, and asked for without a cap of ours', async () => {
  const { client, state } = await start()
  expect(await client.request('eth_estimateGas', [{ to: ADDRESS }, 'latest'])).toBe('0x5208')
  expect(state.calls[0]!.gas).toBe(undefined)
})

function word(value: number): string {
  return value.toString(16).padStart(64, '0')
}

const word32 = (byte: number) => new Uint8Array(32).fill(byte)

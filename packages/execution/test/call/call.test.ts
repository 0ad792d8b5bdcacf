import type { Block } from '@ethspan/chain'
import { testAddress } from '@ethspan/chain/testing'
import { type Clock, hexToBytes, systemClock } from '@ethspan/core'
import { memoryStore } from '@ethspan/node/memory'
import { describe, expect, test } from 'vitest'
import { CALL_TIMEOUT_MS, faucetAddress, type OpenExecutionOptions, openExecution } from '../../src/index.js'
import { CODE, deploying, faucetContract, faucetTransaction, type TestChain, testChain, word } from '../support.js'

const ETHER = 10n ** 18n

/** A chain with a contract of each program, in the order of their names here. */
async function withContracts(
  ...programs: readonly (keyof typeof CODE)[]
): Promise<TestChain & { head: Block; at: Uint8Array[] }> {
  const test = await testChain()
  const deploy = (name: keyof typeof CODE, i: number) =>
    faucetTransaction({ nonce: BigInt(i), to: null, value: 0n, data: deploying(CODE[name]), gasLimit: 500_000n })
  const head = await test.mine(...programs.map(deploy))
  return { ...test, head, at: programs.map((_, i) => faucetContract(BigInt(i))) }
}

describe('a call', () => {
  test('gives what a contract returns, and what it costs', async () => {
    const { execution, head, at } = await withContracts('load')
    expect(await execution.call(head.header, { to: at[0]! })).toEqual({ returnData: word(0), gasUsed: 23_118n })
  })

  test('gives what a revert returns', async () => {
    const { execution, head, at } = await withContracts('revert')
    const result = await execution.call(head.header, { to: at[0]! })
    expect(result).toMatchObject({ returnData: word(0xff), error: 'execution reverted' })
  })

  test('leaves nothing behind', async () => {
    const { execution, head, at, spec } = await withContracts('store', 'load')
    await execution.call(head.header, { to: at[0]!, data: word(7) })
    await execution.call(head.header, { from: faucetAddress, to: testAddress(3), value: ETHER })
    expect(await execution.storage(head.header, at[0]!, word(0))).toEqual(word(0))
    expect(await execution.account(head.header, testAddress(3))).toBeUndefined()
    expect(await execution.hasState(spec.genesis.header)).toBe(true)
  })

  test('sees the state after the block that it is given', async () => {
    const { execution, head, at, mine } = await withContracts('store')
    const later = await mine(faucetTransaction({ nonce: 1n, to: at[0]!, data: word(5), gasLimit: 100_000n, value: 0n }))
    const slot = async (block: Block) => execution.storage(block.header, at[0]!, word(0))
    expect([await slot(head), await slot(later)]).toEqual([word(0), word(5)])
  })

  test('can come from anyone, a contract as well, without a signature and without money', async () => {
    const { execution, head, at } = await withContracts('caller', 'load')
    for (const from of [testAddress(9), at[1]!]) {
      const { returnData } = await execution.call(head.header, { from, to: at[0]! })
      expect(returnData.subarray(12)).toEqual(from)
    }
    expect(await execution.code(head.header, at[1]!)).toEqual(hexToBytes(CODE.load))
  })

  test('creates a contract where nobody is called', async () => {
    const { execution, head } = await withContracts()
    const { returnData } = await execution.call(head.header, { data: deploying(CODE.load) })
    expect(returnData).toEqual(hexToBytes(CODE.load))
  })

  test('names blobs without paying for them', async () => {
    const { execution, head } = await withContracts()
    // BLOBHASH of 0.
    const to = testAddress(1)
    const hash = Uint8Array.of(1, ...new Uint8Array(31).fill(7))
    const result = await execution.call(head.header, { to, blobVersionedHashes: [hash] })
    expect(result.error).toBeUndefined()
  })

  test('fails without money for what it offers', async () => {
    const { execution, head } = await withContracts()
    const request = { from: testAddress(9), to: testAddress(1), value: 1n }
    await expect(execution.call(head.header, request)).rejects.toMatchObject({
      code: 'ERR_EXECUTION',
      message: expect.stringMatching(/^err: insufficient funds .* have 0 want 1 \(supplied gas 50000000\)$/),
    })
  })

  test('has 50 million gas at most, more than one transaction may have', async () => {
    const { execution, head } = await withContracts()
    // GAS
    const request = { data: hexToBytes('5a60005260206000f3'), gas: 10n ** 12n }
    const { returnData } = await execution.call(head.header, request)
    const left = returnData.reduce((value, byte) => value * 256 + byte, 0)
    expect(left).toBeGreaterThan(49_900_000)
    expect(left).toBeLessThan(50_000_000)
  })

  test('asks for a state that is there', async () => {
    const made = await withContracts('load')
    const other = await testChain()
    await expect(other.execution.call(made.head.header, {})).rejects.toMatchObject({ code: 'ERR_STATE' })
  })

  test('contradicts itself with two kinds of fees', async () => {
    const { execution, head } = await withContracts()
    await expect(execution.call(head.header, { gasPrice: 1n, maxFeePerGas: 1n })).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
    })
  })
})

/** Its address. */
const precompile = (number: number) => new Uint8Array(20).fill(number, 19)
/** For the precompile of BLAKE2. */
function manyRounds(rounds: number): Uint8Array {
  const input = new Uint8Array(213)
  new DataView(input.buffer).setUint32(0, rounds)
  return input
}

describe('a call that does not end', () => {
  /** A chain whose execution sees a clock that goes on by a millisecond with each look. */
  async function withClock(options: Partial<OpenExecutionOptions> = {}) {
    const test = await testChain()
    let now = 0
    const clock: Clock = { ...systemClock, now: () => now++ }
    const states = { store: memoryStore(), spec: test.spec, chain: test.chain, clock }
    const execution = await openExecution({ ...states, ...options })
    return { execution, header: test.spec.genesis.header, elapsed: () => now }
  }

  test('is ended after its time', async () => {
    const { execution, header, elapsed } = await withClock()
    await expect(execution.call(header, { data: hexToBytes(CODE.loop) })).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
      message: 'execution aborted (timeout = 5s)',
    })
    expect(elapsed()).toBeLessThan(2 * CALL_TIMEOUT_MS)
  })

  test('has the time and the gas that the states were opened with', async () => {
    const loop = { data: hexToBytes(CODE.loop) }
    const short = await withClock({ callTimeout: 500 })
    await expect(short.execution.call(short.header, loop)).rejects.toThrow('execution aborted (timeout = 0.5s)')
    const cheap = await withClock({ callGasCap: 60_000n })
    expect(await cheap.execution.call(cheap.header, { ...loop, gas: 1_000_000n })).toMatchObject({
      error: 'out of gas',
    })
    await expect(cheap.execution.estimateGas(cheap.header, loop)).rejects.toThrow('exceeds allowance (60000)')
  })

  test('is ended also where it calls itself instead of going round', async () => {
    const { execution, header } = await withClock()
    // Sixteen calls of itself with all gas, one after the other: STATICCALL of ADDRESS.
    const frame = '6000600060006000305afa50'.repeat(16)
    const length = (frame.length / 2).toString(16).padStart(2, '0')
    const data = hexToBytes(`60${length}600c60003960${length}6000f3${frame}`)
    const { returnData } = await execution.call(header, { data })
    expect(returnData).toEqual(hexToBytes(frame))
    const deployed = await testChain()
    const block = await deployed.mine(faucetTransaction({ nonce: 0n, to: null, value: 0n, data, gasLimit: 1_000_000n }))
    let now = 0
    const clock: Clock = { ...systemClock, now: () => now++ }
    const slow = await openExecution({ store: memoryStore(), spec: deployed.spec, chain: deployed.chain, clock })
    await slow.execute(block, deployed.spec.genesis.header)
    await expect(slow.call(block.header, { to: faucetContract(0n) })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
  })

  test.each([
    ['one precompile', { to: precompile(9), data: manyRounds(10_000_000) }],
    ['a program that goes round nowhere', { data: hexToBytes(`7f${'fb'.repeat(32)}80${'80810a50'.repeat(1_000)}`) }],
  ])('is ended also where all of it is %s', async (_, request) => {
    const { execution, header } = await withClock({ callTimeout: 50 })
    await expect(execution.call(header, request)).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
  })

  test('is ended by its signal', async () => {
    const { execution, header } = await withClock()
    const controller = new AbortController()
    const call = execution.call(header, { data: hexToBytes(CODE.loop) }, { signal: controller.signal })
    controller.abort()
    await expect(call).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  })

  test('lets others have their turn', async () => {
    const { execution, header } = await withClock()
    const order: string[] = []
    const call = execution.call(header, { data: hexToBytes(CODE.loop) }).catch(() => order.push('call'))
    // A message, as from a socket: it comes in when the thread is free.
    const { port1, port2 } = new MessageChannel()
    const other = new Promise<void>((resolve) => {
      port1.onmessage = () => {
        order.push('other')
        port1.close()
        resolve()
      }
    })
    port2.postMessage(undefined)
    await Promise.all([call, other])
    expect(order).toEqual(['other', 'call'])
  })
})

test('calls, reads and blocks at the same time do not disturb one another', async () => {
  const { execution, head, at, mine, pool } = await withContracts('store', 'load', 'caller')
  const calls = Array.from({ length: 20 }, (_, i) =>
    execution.call(head.header, { from: testAddress(i), to: at[2]!, data: word(i) }),
  )
  const stores = Array.from({ length: 20 }, (_, i) => execution.call(head.header, { to: at[0]!, data: word(i) }))
  const block = mine(faucetTransaction({ nonce: 3n, to: at[0]!, data: word(99), gasLimit: 100_000n, value: 0n }))
  const estimates = Array.from({ length: 5 }, () => execution.estimateGas(head.header, { to: at[0]!, data: word(1) }))
  const balances = Array.from({ length: 5 }, () => execution.account(head.header, at[0]!))
  const results = await Promise.all(calls)
  expect(results.map(({ returnData }) => returnData.subarray(12))).toEqual(calls.map((_, i) => testAddress(i)))
  expect(new Set((await Promise.all(stores)).slice(1).map(({ gasUsed }) => gasUsed)).size).toBe(1)
  expect(new Set(await Promise.all(estimates)).size).toBe(1)
  for (const account of await Promise.all(balances)) expect(account).toMatchObject({ nonce: 1n })
  const { header } = await block
  expect(await execution.storage(header, at[0]!, word(0))).toEqual(word(99))
  expect(await execution.storage(head.header, at[0]!, word(0))).toEqual(word(0))
  pool.clear()
})

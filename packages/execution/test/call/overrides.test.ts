import type { AccountOverride, BlockOverrides } from '@ethspan/chain'
import { testAddress } from '@ethspan/chain/testing'
import { hexToBytes } from '@ethspan/core'
import { describe, expect, test } from 'vitest'
import { faucetAddress } from '../../src/index.js'
import { faucetContract, faucetTransaction, testChain, word } from '../support.js'

const TARGET = testAddress(7)
const SOMEBODY = testAddress(8)
/** Of the contract that copies its input. */
const IDENTITY = hexToBytes(`${'00'.repeat(19)}04`)
const precompile = (last: number) => Uint8Array.of(...new Uint8Array(19), last)

/** Returns what one instruction puts on the stack. */
const telling = (code: string) => hexToBytes(`${code}60005260206000f3`)
/** Returns the word of slot 1 and that of slot 2. */
const SLOTS = hexToBytes('60015460005260025460205260406000f3')

async function chain() {
  const test = await testChain()
  // Writes 5 to slot 1 and 6 to slot 2 when it is made.
  const code = hexToBytes('6005600155600660025560006000f3')
  const made = faucetTransaction({ nonce: 0n, to: null, value: 0n, data: code, gasLimit: 500_000n })
  const head = await test.mine(made)
  const { execution } = test
  const call = (accounts: readonly AccountOverride[], to = TARGET, data?: Uint8Array) =>
    execution.call(head.header, { to, ...(data && { data }) }, { overrides: { accounts } })
  return { ...test, head, stored: faucetContract(0n), call }
}

describe('an account as a call sees it has', () => {
  test('another code, balance and nonce, and leaves nothing behind', async () => {
    const { call, execution, head } = await chain()
    const balance = { address: SOMEBODY, balance: 77n }
    const code = telling(`73${Buffer.from(SOMEBODY).toString('hex')}31`)
    expect((await call([{ address: TARGET, code }, balance])).returnData).toEqual(word(77))
    expect(await execution.code(head.header, TARGET)).toEqual(new Uint8Array(0))
    expect(await execution.account(head.header, SOMEBODY)).toBe(undefined)
    // The address of what it makes is made of its nonce.
    const making = telling('600060006000f0')
    const [first, other] = [
      await call([{ address: TARGET, code: making }]),
      await call([{ address: TARGET, code: making, nonce: 9n }]),
    ]
    expect(first.returnData).not.toEqual(other.returnData)
  })

  test('other slots beside its own, or instead of them', async () => {
    const { call, stored } = await chain()
    const slots = [[word(1), word(9)]] as const
    const ask = async (override: Partial<AccountOverride>) =>
      (await call([{ address: stored, code: SLOTS, ...override }], stored)).returnData
    expect(await ask({})).toEqual(Uint8Array.of(...word(5), ...word(6)))
    expect(await ask({ stateDiff: slots })).toEqual(Uint8Array.of(...word(9), ...word(6)))
    expect(await ask({ state: slots })).toEqual(Uint8Array.of(...word(9), ...word(0)))
    expect(await ask({ state: [] })).toEqual(new Uint8Array(64))
  })

  test('money to spend', async () => {
    const { execution, head } = await chain()
    const request = { from: SOMEBODY, to: TARGET, value: 10n ** 30n }
    const overrides = { accounts: [{ address: SOMEBODY, balance: 2n * 10n ** 30n }] }
    expect((await execution.call(head.header, request, { overrides })).error).toBe(undefined)
    await expect(execution.call(head.header, request)).rejects.toThrow('insufficient funds')
    const priced = { ...request, maxFeePerGas: 10n ** 12n }
    expect(await execution.estimateGas(head.header, priced, { overrides })).toBe(21_000n)
  })
})

describe('a precompiled contract', () => {
  const data = Uint8Array.of(1, 2, 3)

  test('is none any more where its account is another', async () => {
    const { call } = await chain()
    expect((await call([], IDENTITY, data)).returnData).toEqual(data)
    expect((await call([{ address: IDENTITY, code: telling('602a') }], IDENTITY, data)).returnData).toEqual(word(42))
    expect((await call([{ address: IDENTITY, balance: 1n }], IDENTITY, data)).returnData).toEqual(new Uint8Array(0))
  })

  test('is found where it is moved to', async () => {
    const { call } = await chain()
    const moved = { address: IDENTITY, movePrecompileTo: TARGET, code: telling('602a') }
    expect((await call([moved], TARGET, data)).returnData).toEqual(data)
    expect((await call([moved], IDENTITY, data)).returnData).toEqual(word(42))
  })

  test.each<[string, AccountOverride[]]>([
    ['is not a precompile', [{ address: TARGET, movePrecompileTo: SOMEBODY }]],
    [
      'is already overridden',
      [
        { address: IDENTITY, movePrecompileTo: TARGET },
        { address: TARGET, nonce: 1n },
      ],
    ],
    [
      'is already overridden',
      [
        { address: precompile(2), movePrecompileTo: precompile(3) },
        { address: precompile(3), nonce: 1n },
      ],
    ],
    ["has both 'state' and 'stateDiff'", [{ address: TARGET, state: [], stateDiff: [] }]],
  ])('or an account %s: that is refused', async (why, accounts) => {
    const { call } = await chain()
    await expect(call(accounts)).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringMatching(new RegExp(`^account 0x[0-9a-fA-F]{40} ${why}$`)),
    })
  })
})

describe('the block of a call', () => {
  const BLOCK: readonly (readonly [code: string, block: BlockOverrides, told: Uint8Array])[] = [
    ['43', { number: 1000n }, word(1000)],
    ['42', { time: 4_000_000_000n }, hexToBytes('ee6b2800'.padStart(64, '0'))],
    ['45', { gasLimit: 1234n }, hexToBytes('04d2'.padStart(64, '0'))],
    ['41', { feeRecipient: SOMEBODY }, Uint8Array.of(...new Uint8Array(12), ...SOMEBODY)],
    ['44', { prevRandao: word(3), difficulty: 5n }, word(3)],
    ['4a', { blobBaseFee: 99n }, word(99)],
    // BLOCKHASH of the block that it really is on, and of later ones.
    ['600240', { number: 100n }, word(0)],
    ['600140', { number: 100n }, word(0)],
  ]
  test.each(BLOCK)('says another thing of itself to %s', async (code, block, told) => {
    const { execution, head } = await chain()
    const overrides = { accounts: [{ address: TARGET, code: telling(code) }], block }
    expect((await execution.call(head.header, { to: TARGET }, { overrides })).returnData).toEqual(told)
  })

  test('still has the ancestors that it has', async () => {
    const { execution, head, spec } = await chain()
    const overrides = { accounts: [{ address: TARGET, code: telling('600040') }], block: { number: 100n } }
    expect((await execution.call(head.header, { to: TARGET }, { overrides })).returnData).toEqual(spec.genesis.hash)
  })

  test('has another base fee, which is 0 to those who pay nothing', async () => {
    const { execution, head } = await chain()
    const overrides = { accounts: [{ address: TARGET, code: telling('48') }], block: { baseFeePerGas: 50n } }
    const ask = async (maxFeePerGas: bigint) =>
      (await execution.call(head.header, { from: faucetAddress, to: TARGET, maxFeePerGas }, { overrides })).returnData
    expect(await ask(60n)).toEqual(word(50))
    expect(await ask(0n)).toEqual(word(0))
    await expect(ask(40n)).rejects.toThrow('max fee per gas less than block base fee')
  })

  test('bounds an estimate by its gas', async () => {
    const { execution, head } = await chain()
    const request = { to: TARGET, data: Uint8Array.of(1) }
    const estimate = (gasLimit: bigint) =>
      execution.estimateGas(head.header, request, { overrides: { block: { gasLimit } } })
    expect(await estimate(50_000n)).toBe(await execution.estimateGas(head.header, request))
    await expect(estimate(21_001n)).rejects.toThrow('gas required exceeds allowance (21001)')
  })
})

test('an estimate runs on the accounts that are overridden, each time anew', async () => {
  const { execution, head, stored } = await chain()
  // Writes slot 1: dear where it is 0, cheap where it is not.
  const code = hexToBytes('6007600155')
  const estimate = (override: Partial<AccountOverride>) =>
    execution.estimateGas(
      head.header,
      { to: stored },
      { overrides: { accounts: [{ address: stored, code, ...override }] } },
    )
  const [changed, made] = [await estimate({}), await estimate({ state: [] })]
  expect(changed).toBeGreaterThan(25_000n)
  expect(made - changed).toBeGreaterThan(15_000n)
})

import { testAddress } from '@ethspan/chain/testing'
import { hexToBytes } from '@ethspan/core'
import { describe, expect, test } from 'vitest'
import { CALL_GAS_CAP, ESTIMATE_ERROR_RATIO, faucetAddress, MAX_TX_GAS } from '../../src/index.js'
import { CODE, deploying, faucetContract, faucetTransaction, testChain, word } from '../support.js'

/** A chain with one contract. */
async function withContract(code: string) {
  const test = await testChain()
  const head = await test.mine(
    faucetTransaction({ nonce: 0n, to: null, value: 0n, data: deploying(code), gasLimit: 500_000n }),
  )
  return { ...test, header: head.header, to: faucetContract(0n) }
}

describe('an estimate', () => {
  test('of a plain transfer is exact', async () => {
    const { execution, header } = await withContract(CODE.load)
    expect(await execution.estimateGas(header, { from: faucetAddress, to: testAddress(1), value: 1n })).toBe(21_000n)
  })

  test('is enough, and little less is not', async () => {
    const { execution, header, to } = await withContract(CODE.store)
    const request = { to, data: word(5) }
    const gas = await execution.estimateGas(header, request)
    expect((await execution.call(header, { ...request, gas })).error).toBeUndefined()
    const less = BigInt(Math.floor(Number(gas) * (1 - ESTIMATE_ERROR_RATIO))) - 1n
    expect((await execution.call(header, { ...request, gas: less })).error).toBe('out of gas')
  })

  test('finds the gas that a program wants to see, however little it uses', async () => {
    // Reverts unless more than 300,000 gas are left.
    const { execution, header, to } = await withContract('5a620493e010600e5760006000fd5b00')
    const gas = await execution.estimateGas(header, { to })
    expect(gas).toBeGreaterThan(300_000n)
    const { gasUsed, error } = await execution.call(header, { to, gas })
    expect(error).toBeUndefined()
    expect(gasUsed).toBeLessThan(30_000n)
  })

  test('of what reverts tells what it returned', async () => {
    const { execution, header, to } = await withContract(CODE.revert)
    await expect(execution.estimateGas(header, { to })).rejects.toMatchObject({
      code: 'ERR_EXECUTION',
      message: 'execution reverted',
      fields: { returnData: word(0xff) },
    })
  })

  test('of what never ends fails with all the gas there is for one transaction', async () => {
    const { execution, header, to } = await withContract(CODE.loop)
    await expect(execution.estimateGas(header, { to })).rejects.toMatchObject({
      code: 'ERR_EXECUTION',
      message: `gas required exceeds allowance (${MAX_TX_GAS})`,
    })
    expect(MAX_TX_GAS).toBeLessThan(CALL_GAS_CAP)
  })

  test('is bounded by what is offered and by what the sender has', async () => {
    const { execution, header, to } = await withContract(CODE.loop)
    const failing = (request: object) =>
      execution.estimateGas(header, { to, ...request }).catch(({ message }) => message)
    expect(await failing({ gas: 50_000n })).toBe('gas required exceeds allowance (50000)')
    expect(await failing({ from: testAddress(7), gasPrice: 10n ** 9n })).toBe('insufficient funds for transfer')
    expect(await failing({ data: hexToBytes('00'), gas: 100n })).toMatch(/allowance \(16777216\)/)
  })
})

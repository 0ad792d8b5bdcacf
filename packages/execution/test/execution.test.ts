import { decodeReceipt69 } from '@ethspan/chain'
import { testAddress } from '@ethspan/chain/testing'
import { describe, expect, test } from 'vitest'
import { faucetTransaction, testChain } from './support.js'

describe('a development chain', () => {
  test('moves what a transfer says', async () => {
    const { mine, execution, chain } = await testChain()
    const block = await mine(faucetTransaction({ nonce: 0n, to: testAddress(1), value: 12345n, gasLimit: 30_000n }))
    expect(block.body.transactions).toHaveLength(1)
    expect((await execution.account(block.header, testAddress(1)))?.balance).toBe(12345n)
    const [receipt] = (await chain.receipts(block.hash))!
    expect(decodeReceipt69(receipt!)).toMatchObject({ type: 2, postStateOrStatus: Uint8Array.of(1) })
  })
})

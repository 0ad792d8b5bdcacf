import {
  chainCommon,
  commonAt,
  type PooledTransaction,
  readTransaction,
  senderOf,
  type Transaction,
} from '@ethspan/chain'
import { memoryChain, testAddress, testKey } from '@ethspan/chain/testing'
import { bytesToHex } from '@ethspan/core'
import { SimClock } from '@ethspan/core/testing'
import { expect, test } from 'vitest'
import { FAUCET_AMOUNT, FAUCET_WINDOW, Faucet, MAX_GIFTS, MAX_GIFTS_EACH } from '../src/faucet/faucet.js'

const address = (n: number) => `0x${n.toString(16).padStart(40, '0')}`

/** A faucet whose pool takes everything, but for what `refuse` says. */
async function setUp({ nonce = 0n, refuse }: { nonce?: bigint; refuse?: string } = {}) {
  const chain = await memoryChain()
  const common = chainCommon(chain.config)
  const clock = new SimClock()
  const sent: Transaction[] = []
  const pool = {
    nextNonce: () => (sent.length === 0 ? undefined : nonce + BigInt(sent.length)),
    async add(transactions: readonly Transaction[]) {
      if (refuse !== undefined) return [{ refused: 'underpriced' as const, message: refuse }]
      sent.push(...transactions)
      const tx = readTransaction(transactions[0]!, commonAt(common, chain.head().header))
      return [{ added: { hash: tx.hash() } as PooledTransaction }]
    },
  }
  const account = { nonce, balance: 10n ** 30n, codeHash: new Uint8Array(32), storageRoot: new Uint8Array(32) }
  const state = { account: async () => account }
  const faucet = new Faucet({ key: testKey(0), common, chain, state, pool, clock })
  const read = () => sent.map((tx) => readTransaction(tx, commonAt(common, chain.head().header)))
  return { faucet, clock, read }
}

test('sends ten coins to an address, signed by its own account, with the nonce that is next', async () => {
  const { faucet, read } = await setUp({ nonce: 7n })
  const gift = await faucet.fund(address(0xabc))
  const [tx] = read()
  expect(gift).toEqual({ hash: tx!.hash(), amount: FAUCET_AMOUNT })
  expect(tx!.value).toBe(FAUCET_AMOUNT)
  expect(tx!.to?.toString()).toBe(address(0xabc))
  expect(tx!.nonce).toBe(7n)
  expect(bytesToHex(senderOf(tx!))).toBe(bytesToHex(testAddress(0)))
})

test('whoever asks at the same time gets transactions one after the other', async () => {
  const { faucet, read } = await setUp()
  await Promise.all([1, 2, 3].map((n) => faucet.fund(address(n))))
  expect(read().map(({ nonce }) => nonce)).toEqual([0n, 1n, 2n])
})

test('an address gets its share, then waits until the first gift is long enough ago', async () => {
  const { faucet, clock } = await setUp()
  for (let i = 0; i < MAX_GIFTS_EACH; i++) await faucet.fund(address(1).toUpperCase().replace('X', 'x'))
  await expect(faucet.fund(address(1))).rejects.toMatchObject({
    code: 'ERR_STATE',
    message: 'the faucet gave to this address 3 times; it gives again in 10 minutes',
    fields: { retryAfterMs: FAUCET_WINDOW },
  })
  await faucet.fund(address(2))
  await clock.advance(FAUCET_WINDOW)
  await faucet.fund(address(1))
})

test('all addresses together get so much and no more, also those that are refused cost nothing', async () => {
  const { faucet, read } = await setUp()
  for (let i = 1; i <= MAX_GIFTS; i++) await faucet.fund(address(i))
  await expect(faucet.fund(address(MAX_GIFTS + 1))).rejects.toThrow('the faucet gave too much')
  expect(read()).toHaveLength(MAX_GIFTS)
})

test.each(['', '0x12', `${address(1)}0`, address(1).slice(2), `0x${'g'.repeat(40)}`])(
  '%j is no address',
  async (text) => {
    const { faucet, read } = await setUp()
    await expect(faucet.fund(text)).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
    expect(read()).toEqual([])
  },
)

test('what the pool refuses is told in its words', async () => {
  const { faucet } = await setUp({ refuse: 'txpool is full' })
  await expect(faucet.fund(address(1))).rejects.toThrow("the faucet's transaction was refused: txpool is full")
})

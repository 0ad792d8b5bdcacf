import { testBlocks, testTransaction } from '@ethspan/chain/testing'
import { describe, expect, test } from 'vitest'
import { PRICE_START } from '../../src/limits.js'
import { clientOf, failureOf, startApi } from '../support.js'

const GWEI = 1_000_000_000n

interface History {
  readonly oldestBlock: string
  readonly baseFeePerGas: readonly string[]
  readonly gasUsedRatio: readonly number[]
  readonly reward?: readonly (readonly string[])[]
  readonly baseFeePerBlobGas: readonly string[]
  readonly blobGasUsedRatio: readonly number[]
}

describe('the price that is suggested', () => {
  test('is the tip that most transactions of the last blocks paid, and on top of the base fee for legacy ones', async () => {
    const { client, blocks } = await startApi({ blocks: { count: 30, transactions: 4 } })
    const tip = BigInt(await client.request<string>('eth_maxPriorityFeePerGas'))
    const price = BigInt(await client.request<string>('eth_gasPrice'))
    expect(tip).toBe(GWEI)
    expect(price - tip).toBe(blocks.at(-1)!.header.baseFeePerGas)
  })

  test('is the least there is, where blocks are empty', async () => {
    const { client } = await startApi({ blocks: { count: 3, transactions: 0 } })
    expect(BigInt(await client.request<string>('eth_maxPriorityFeePerGas'))).toBe(PRICE_START)
  })

  test('is for a block whose base fee is told on its own', async () => {
    const { client, blocks } = await startApi({ blocks: { count: 3 } })
    const { baseFeePerGas } = await client.request<History>('eth_feeHistory', [1, 'latest', []])
    expect(await client.request('eth_baseFee')).toBe(baseFeePerGas[1])
    expect(BigInt(baseFeePerGas[1]!)).not.toBe(blocks[2]!.header.baseFeePerGas)
  })

  test('is never above 500 gwei', async () => {
    const tip = 900n * GWEI
    const transactions = (number: bigint) => [
      testTransaction({ nonce: number - 1n, maxFeePerGas: 2n * tip, maxPriorityFeePerGas: tip }),
    ]
    const { client } = await startApi({ blocks: { count: 3, transactions } })
    expect(BigInt(await client.request<string>('eth_maxPriorityFeePerGas'))).toBe(500n * GWEI)
  })

  test('is worked out once for a head, whoever asks, and anew for the next one', async () => {
    const { chain, blocks } = await startApi({ blocks: { count: 5 } })
    let reads = 0
    const counting = Object.assign(Object.create(chain), {
      head: () => chain.head(),
      block: (at: bigint) => {
        reads++
        return chain.block(at)
      },
    })
    const client = clientOf({ chain: counting })
    const ask = () => client.request('eth_maxPriorityFeePerGas')
    await Promise.all([ask(), ask(), ask()])
    await ask()
    expect(reads).toBe(5)
    const [next] = await testBlocks({ count: 1, parent: blocks.at(-1) })
    await chain.putBlocks([next!])
    await chain.setHead(next!.hash)
    await ask()
    expect(reads).toBe(11)
  })
})

describe('the history of fees', () => {
  test('ends with what the next block will take', async () => {
    const { client, blocks } = await startApi({ blocks: { count: 5 } })
    const history = await client.request<History>('eth_feeHistory', ['0x3', 'latest', []])
    expect(history.oldestBlock).toBe('0x3')
    expect(history.gasUsedRatio).toHaveLength(3)
    expect(history).not.toHaveProperty('reward')
    const [next] = await testBlocks({ count: 1, parent: blocks.at(-1) })
    const fees = [...blocks.slice(2), next!].map(({ header }) => header.baseFeePerGas)
    expect(history.baseFeePerGas.map(BigInt)).toEqual(fees)
    expect(history.baseFeePerBlobGas).toEqual(Array(4).fill('0x1'))
  })

  test('tells the tips by the share of gas that paid no more', async () => {
    const tips = [1n, 2n, 3n, 4n].map((tip) => tip * GWEI)
    const transactions = () =>
      tips.map((maxPriorityFeePerGas, i) =>
        testTransaction({ nonce: BigInt(i), maxFeePerGas: 20n * GWEI, maxPriorityFeePerGas }),
      )
    const { client } = await startApi({ blocks: { count: 1, transactions } })
    const { reward } = await client.request<History>('eth_feeHistory', [1, 'latest', [0, 25, 26, 75, 100]])
    expect(reward![0]!.map((it) => BigInt(it) / GWEI)).toEqual([1n, 1n, 2n, 3n, 4n])
  })

  test('of an empty block has no tips', async () => {
    const { client } = await startApi({ blocks: { count: 1, transactions: 0 } })
    const history = await client.request<History>('eth_feeHistory', [1, 'latest', [10, 90]])
    expect(history.reward).toEqual([['0x0', '0x0']])
  })

  test('goes back to the genesis block at most, and has one block less where it ends with the pending one', async () => {
    const { client } = await startApi({ blocks: { count: 3 } })
    const count = async (...params: unknown[]) => {
      return (await client.request<History>('eth_feeHistory', params)).gasUsedRatio?.length
    }
    expect(await count('0x400', 'latest', [])).toBe(4)
    expect(await count('0x2', 'pending', [])).toBe(1)
    expect(await count('0x0', 'latest', [])).toBe(undefined)
  })

  test('begins with the oldest block that is kept', async () => {
    const { client, chain, blocks } = await startApi({ blocks: { count: 6 } })
    await chain.rebase(blocks[3]!)
    await chain.putBlocks(blocks.slice(4))
    await chain.setHead(blocks[5]!.hash)
    for (const percentiles of [[], [50]]) {
      const history = await client.request<History>('eth_feeHistory', [100, 'latest', percentiles])
      expect([history.oldestBlock, history.gasUsedRatio.length]).toEqual(['0x4', 3])
    }
    const pruned = { code: 4444, message: 'pruned history unavailable' }
    expect(await failureOf(client.request('eth_feeHistory', [1, '0x2', []]))).toEqual(pruned)
  })

  test.each([
    ['0x1', '0x4', [], 'request beyond head block: requested 4, head 3'],
    ['0x1', 'latest', [101], 'invalid reward percentile: 101.000000'],
    ['0x1', 'latest', [5, 5], 'invalid reward percentile: #0:5.000000 >= #1:5.000000'],
    ['0x1', 'latest', Array.from({ length: 101 }, (_, i) => i), 'invalid reward percentile: over the query limit 100'],
    ['0x1', 'safe', [], 'safe block not found'],
  ])('of %s blocks to %s at %j is refused', async (...[count, last, percentiles, message]) => {
    const { client } = await startApi({ blocks: { count: 3 } })
    const call = client.request('eth_feeHistory', [count, last, percentiles])
    expect(await failureOf(call)).toEqual({ code: -32000, message })
  })
})

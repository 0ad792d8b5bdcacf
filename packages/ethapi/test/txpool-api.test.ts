import { testAddress, testKey, testTransaction } from '@ethspan/chain/testing'
import { getAddress } from 'viem'
import { expect, test } from 'vitest'
import { FakePool, hexOf, startApi } from './support.js'

const checksummed = (index: number) => getAddress(hexOf(testAddress(index)) as `0x${string}`)

async function start() {
  const pool = new FakePool()
  pool.pool(testTransaction({ nonce: 0n }))
  pool.pool(testTransaction({ nonce: 1n, to: null, data: Uint8Array.of(1), value: 0n }))
  pool.pool(testTransaction({ nonce: 7n, key: testKey(1), type: 0, value: 5n }), true)
  return { pool, ...(await startApi({ pool })) }
}

test('the status counts', async () => {
  const { client } = await start()
  expect(await client.request('txpool_status')).toEqual({ pending: '0x2', queued: '0x1' })
})

test('the content is by sender in checksummed form, then by nonce in decimal', async () => {
  const { client } = await start()
  const content = await client.request<{ pending: object; queued: object }>('txpool_content')
  expect(content).toMatchObject({
    pending: { [checksummed(0)]: { 0: { nonce: '0x0', blockHash: null }, 1: { nonce: '0x1', to: null } } },
    queued: { [checksummed(1)]: { 7: { nonce: '0x7', type: '0x0' } } },
  })
  expect(Object.keys(content.pending)).toEqual([checksummed(0)])
})

test('the content of one sender has no senders, and is empty for one who has nothing', async () => {
  const { client } = await start()
  const from = (index: number) => client.request('txpool_contentFrom', [hexOf(testAddress(index))])
  expect(await from(1)).toMatchObject({ pending: {}, queued: { 7: { nonce: '0x7' } } })
  expect(await from(9)).toEqual({ pending: {}, queued: {} })
})

test('a summary is a line for each', async () => {
  const { client } = await start()
  const recipient = getAddress(`0x${'bb'.repeat(20)}`)
  expect(await client.request('txpool_inspect')).toEqual({
    pending: {
      [checksummed(0)]: {
        0: `${recipient}: 1 wei + 50000 gas × 2000000000 wei`,
        1: 'contract creation: 0 wei + 50000 gas × 2000000000 wei',
      },
    },
    queued: { [checksummed(1)]: { 7: `${recipient}: 5 wei + 50000 gas × 2000000000 wei` } },
  })
})

test('without a pool there is no such namespace', async () => {
  const { client } = await startApi()
  await expect(client.request('txpool_status')).rejects.toMatchObject({ code: -32601 })
})

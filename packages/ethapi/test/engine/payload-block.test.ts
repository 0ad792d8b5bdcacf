import { chainCommon } from '@ethspan/chain'
import { testBlocks, testSpec, testTransaction } from '@ethspan/chain/testing'
import { expect, test } from 'vitest'
import { PayloadFault, payloadBlock } from '../../src/engine/payload-block.js'
import { executionPayload } from '../../src/engine/payload-params.js'
import { hexOf } from '../support.js'
import { payloadOf } from './support.js'

test('a payload of very many transactions lets others have their turn while they are read', async () => {
  const [block] = await testBlocks({ count: 1, transactions: 0 })
  const one = hexOf(testTransaction({ nonce: 0n }).bytes)
  const payload = executionPayload({ ...payloadOf(block!), transactions: [...Array(600).fill(one), '0x02c0'] })
  const order: string[] = []
  const read = payloadBlock({ payload }, chainCommon(testSpec().config)).catch((error) => {
    order.push('payload')
    return error
  })
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
  const [error] = await Promise.all([read, other])
  expect(error).toBeInstanceOf(PayloadFault)
  expect(error.message).toMatch(/^invalid transaction 600: /)
  expect(order).toEqual(['other', 'payload'])
})

import { EthspanError } from '@ethspan/core'
import { describe, expect, test } from 'vitest'
import { Turn } from '../../src/block/turn.js'
import {
  decodeLogs,
  decodeReceipt69,
  encodeLogs,
  encodeReceipt69,
  type Log,
  logsBloom,
  type Receipt,
  receiptsFault,
  receiptsRoot,
} from '../../src/index.js'
import { type TestFork, testBlocks, testSpec } from '../../src/testing/index.js'
import { changed } from '../support/headers.js'

const FORKS: readonly TestFork[] = ['paris', 'shanghai', 'cancun', 'prague', 'osaka', 'amsterdam']

async function made(fork: TestFork) {
  const [block] = await testBlocks({ count: 1, spec: testSpec({ fork }), transactions: 5 })
  return { header: block!.header, receipts: block!.receipts.map(decodeReceipt69) }
}

const withLogs = (receipt: Receipt, edit: (log: Log) => Log): Receipt => ({
  ...receipt,
  logs: encodeLogs(decodeLogs(receipt).map(edit)),
})
const NOT_THOSE = 'the receipts are not those of the header'

describe.each(FORKS)('in %s', (fork) => {
  test('the receipts of a block for tests are those of its header, with a bloom or without', async () => {
    const { header, receipts } = await made(fork)
    expect(await receiptsFault(header, receipts)).toBeUndefined()
    const old = receipts.map((receipt) => ({ ...receipt, bloom: logsBloom(decodeLogs(receipt)) }))
    expect(await receiptsFault(header, old)).toBeUndefined()
  })

  test.each<[string, (receipts: readonly Receipt[]) => readonly Receipt[]]>([
    ['all missing', () => []],
    ['one missing', (receipts) => receipts.slice(1)],
    ['one too many', (receipts) => [...receipts, receipts[0]!]],
    ['two exchanged', ([first, second, ...others]) => [second!, first!, ...others]],
    ['another type', ([first, ...others]) => [{ ...first!, type: first!.type ^ 1 }, ...others]],
    ['another status', ([first, ...others]) => [{ ...first!, postStateOrStatus: new Uint8Array(0) }, ...others]],
    ['a state root', ([first, ...others]) => [{ ...first!, postStateOrStatus: new Uint8Array(32) }, ...others]],
    ['other gas', ([first, ...others]) => [{ ...first!, cumulativeGasUsed: 1n }, ...others]],
    ['logs left out', (receipts) => receipts.map((receipt) => ({ ...receipt, logs: encodeLogs([]) }))],
    [
      'another address',
      (receipts) => receipts.map((receipt) => withLogs(receipt, (log) => ({ ...log, address: new Uint8Array(20) }))),
    ],
    [
      'another topic',
      (receipts) => receipts.map((receipt) => withLogs(receipt, (log) => ({ ...log, topics: [new Uint8Array(32)] }))),
    ],
    ['a topic left out', (receipts) => receipts.map((receipt) => withLogs(receipt, (log) => ({ ...log, topics: [] })))],
    [
      'other data',
      (receipts) => receipts.map((receipt) => withLogs(receipt, (log) => ({ ...log, data: Uint8Array.of(9) }))),
    ],
  ])('receipts with %s are a lie of who sent them', async (_, lie) => {
    const { header, receipts } = await made(fork)
    expect(await receiptsFault(header, lie(receipts))).toBe(NOT_THOSE)
  })
})

describe('a header that says otherwise of its own receipts is a lie of the block:', () => {
  test('another bloom', async () => {
    const { header, receipts } = await made('osaka')
    const lie = changed(header, { bloom: header.bloom.with(3, header.bloom[3]! ^ 1) })
    await expect(receiptsFault(lie, receipts)).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_BLOCK', message: 'block 1: bloom is not that of the logs' }),
    )
  })

  test('other gas, before Amsterdam', async () => {
    const { header, receipts } = await made('osaka')
    const lie = changed(header, { gasUsed: header.gasUsed + 1n })
    await expect(receiptsFault(lie, receipts)).rejects.toThrow(EthspanError)
    await expect(receiptsFault(lie, receipts)).rejects.toThrow(
      `block 1: gasUsed is ${lie.gasUsed}, its receipts have ${header.gasUsed}`,
    )
  })

  test('gas where there are no receipts', async () => {
    const { header } = await made('osaka')
    const empty = changed(header, { receiptsRoot: await receiptsRoot([]), bloom: new Uint8Array(256) })
    await expect(receiptsFault(empty, [])).rejects.toThrow(/gasUsed is \d+, its receipts have 0$/)
  })
})

test('from Amsterdam on a block counts its gas otherwise than its receipts do', async () => {
  const { header, receipts } = await made('amsterdam')
  expect(await receiptsFault(changed(header, { gasUsed: header.gasUsed + 1n }), receipts)).toBeUndefined()
})

test('a bloom that was received is not believed', async () => {
  const { header, receipts } = await made('osaka')
  const lies = receipts.map((receipt) => ({ ...receipt, bloom: new Uint8Array(256).fill(255) }))
  expect(await receiptsFault(header, lies)).toBeUndefined()
})

test('many logs leave others their turn', async () => {
  const { header } = await made('osaka')
  const log = { address: new Uint8Array(20).fill(1), topics: [new Uint8Array(32).fill(2)], data: new Uint8Array(0) }
  const receipt: Receipt = {
    type: 2,
    postStateOrStatus: Uint8Array.of(1),
    cumulativeGasUsed: 9n,
    logs: encodeLogs(Array.from({ length: 3000 }, () => log)),
  }
  const work = receiptsFault(header, [decodeReceipt69(encodeReceipt69(receipt))]).then(() => 'the receipts')
  const other = new Turn().next().then(() => 'another task')
  expect(await Promise.race([work, other])).toBe('another task')
  expect(await work).toBe('the receipts')
})

// Filters that a node keeps, against geth's.
import { testTransaction } from '@ethspan/chain/testing'
import { bytesToHex } from '@ethspan/core'
import { expect, test, vi } from 'vitest'
import { TEST_CHAIN_BLOCKS, TEST_CHAIN_NETWORK_ID } from './geth-node.js'
import { askAll, backAndForth, type Request, type RpcPair, richKeys, startPair, syncGeth } from './rpc-pair.js'

// One of them runs the whole chain first.
vi.setConfig({ testTimeout: 240_000 })

const hex = (number: number) => `0x${number.toString(16)}`
const ALL = { fromBlock: '0x0', toBlock: 'latest' }

interface Side {
  readonly url: string
  readonly ids: readonly string[]
  /** Of each filter what it told until now. */
  readonly told: unknown[][]
}

/** The same filters at both. */
class Filters {
  readonly #sides: readonly Side[]

  private constructor(sides: readonly Side[]) {
    this.#sides = sides
  }

  static async make({ geth, ours }: RpcPair, requests: readonly Request[]): Promise<Filters> {
    const urls = [geth.httpUrl!, ours.httpUrl]
    const sides = urls.map(async (url) => {
      const ids = (await askAll(url, requests)).map(({ result }) => result as string)
      for (const id of ids) expect(id).toMatch(/^0x[1-9a-f][0-9a-f]{0,31}$/)
      return { url, ids, told: ids.map((): unknown[] => []) }
    })
    return new Filters(await Promise.all(sides))
  }

  /** Asks both, with the id in the place of null. */
  async ask(method: string): Promise<readonly [theirs: unknown, ours: unknown]> {
    const [theirs, ours] = this.#sides.map(({ url, ids }) =>
      askAll(
        url,
        ids.map((id) => [method, id]),
      ),
    )
    return [await theirs, await ours]
  }

  /** All that either told, with what is new: of each filter a list. */
  async told(): Promise<readonly [theirs: readonly unknown[][], ours: readonly unknown[][]]> {
    for (const { url, ids, told } of this.#sides) {
      const changes = await askAll(
        url,
        ids.map((id) => ['eth_getFilterChanges', id]),
      )
      for (const [i, { result }] of changes.entries()) told[i]!.push(...(result as unknown[]))
    }
    const [theirs, ours] = this.#sides
    return [theirs!.told, ours!.told]
  }
}

test('what filters tell when the chain goes back and forth', async () => {
  const pair = await startPair()
  const { at, back, forth, setHead } = await backAndForth(pair)
  // Before that geth goes nowhere back.
  await setHead(forth)
  const [log] = (await pair.alike([['eth_getLogs', { ...ALL, fromBlock: hex(at) }]]))[0]!.result as {
    address: string
    topics: string[]
  }[]
  const filters = await Filters.make(pair, [
    ['eth_newFilter', {}],
    ['eth_newFilter', { address: log!.address, topics: log!.topics }],
    ['eth_newFilter', { fromBlock: hex(at), toBlock: hex(at) }],
    ['eth_newFilter', { address: `0x${'12'.repeat(20)}` }],
    ['eth_newFilter', { blockHash: forth }],
    ['eth_newBlockFilter'],
  ])
  for (const head of [back, forth]) await setHead(head)
  await expect.poll(async () => (await filters.told())[0].at(-1)).toEqual([back, forth])
  const blocks = TEST_CHAIN_BLOCKS - at + 1
  await expect.poll(async () => (await filters.told())[1].at(-1)).toHaveLength(1 + blocks)
  const [theirs, ours] = await filters.told()
  expect(theirs[0]!.length).toBeGreaterThan(1)
  expect(ours.slice(0, -1)).toEqual(theirs.slice(0, -1))
  // geth leaves out the blocks between, of which ours tells as well.
  expect(ours.at(-1)!.filter((hash) => hash === back || hash === forth)).toEqual([back, forth])
  for (const method of ['eth_getFilterChanges', 'eth_getFilterLogs', 'eth_uninstallFilter', 'eth_uninstallFilter']) {
    const [their, our] = await filters.ask(method)
    expect(our, method).toEqual(their)
  }
  const [their, our] = await filters.ask('eth_getFilterChanges')
  expect(our).toEqual(their)
})

test('what filters tell of transactions that are sent', async () => {
  const pair = await startPair({ executes: true })
  await syncGeth(pair)
  const [a, b] = await richKeys(pair)
  const filters = await Filters.make(pair, [
    ['eth_newPendingTransactionFilter'],
    ['eth_newPendingTransactionFilter', false],
    ['eth_newPendingTransactionFilter', true],
  ])
  const send = ({ key, nonce }: typeof a & object, later: bigint): Request => {
    const fees = { maxFeePerGas: 5n * 10n ** 9n, chainId: TEST_CHAIN_NETWORK_ID }
    return ['eth_sendRawTransaction', `0x${bytesToHex(testTransaction({ key, nonce: nonce + later, ...fees }).bytes)}`]
  }
  // The one that is too far ahead comes to be told when the one before it is there.
  const sent = await pair.alike([send(a!, 0n), send(a!, 2n), send(b!, 0n), send(a!, 1n)])
  for (const side of [0, 1]) await expect.poll(async () => (await filters.told())[side]![0]).toHaveLength(sent.length)
  const [theirs, ours] = await filters.told()
  const hashes = sent.map(({ result }) => result).sort()
  for (const [i, list] of theirs.entries()) {
    // Those of several accounts come in any order.
    const [their, our] = [list, ours[i]!].map((told) => new Map(told.map((it) => [hashOf(it), it])))
    expect([...our!.keys()].sort()).toEqual(hashes)
    expect(our).toEqual(their)
  }
})

/** Of a transaction that is told by it, or in full. */
const hashOf = (told: unknown) => (typeof told === 'string' ? told : (told as { readonly hash: string }).hash)

test('what can’t be filtered', async () => {
  const pair = await startPair()
  const head = hex(TEST_CHAIN_BLOCKS)
  await pair.alike([
    ['eth_newFilter', { fromBlock: 'pending' }],
    ['eth_newFilter', { toBlock: 'pending' }],
    ['eth_newFilter', { fromBlock: head, toBlock: '0x1' }],
    ['eth_newFilter', { fromBlock: 'latest', toBlock: head }],
    ['eth_newFilter', { fromBlock: 'safe' }],
    ['eth_newFilter', { fromBlock: '0x1', toBlock: 'finalized' }],
    ['eth_newFilter', { topics: [null, null, null, null, null] }],
    ['eth_newFilter', { address: Array.from({ length: 1001 }, () => `0x${'12'.repeat(20)}`) }],
    ['eth_newFilter'],
    ['eth_newBlockFilter', 1],
    ...['eth_getFilterChanges', 'eth_getFilterLogs', 'eth_uninstallFilter'].flatMap((method): Request[] => [
      [method, '0x1'],
      [method, ''],
      [method, 'none'],
      [method],
      [method, '0x1', '0x2'],
    ]),
  ])
  await pair.failAlike([
    ['eth_newFilter', 'all'],
    ['eth_newPendingTransactionFilter', 'yes'],
    ['eth_getFilterChanges', 1],
    ['eth_uninstallFilter', {}],
  ])
})

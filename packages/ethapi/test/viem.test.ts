// viem's clients over HTTP and WebSocket.
import { faucetKey } from '@ethspan/execution'
import {
  createPublicClient,
  createWalletClient,
  defineChain,
  http,
  type Log,
  parseAbiItem,
  parseEther,
  webSocket,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { expect, onTestFinished, test } from 'vitest'
import { type DevNode, PING_CODE, PING_RUNTIME, startDevNode } from './dev-node.js'
import { hexOf } from './support.js'

const account = privateKeyToAccount(hexOf(faucetKey) as `0x${string}`)
const RECIPIENT = '0x00000000000000000000000000000000000000aa'
const PING = parseAbiItem('event Ping()')

function clients({ httpUrl, wsUrl }: DevNode) {
  const nativeCurrency = { name: 'Ether', symbol: 'ETH', decimals: 18 }
  const chain = defineChain({ id: 1337, name: 'dev', nativeCurrency, rpcUrls: { default: { http: [httpUrl] } } })
  const overHttp = http(httpUrl, { retryCount: 0 })
  return {
    reading: createPublicClient({ chain, transport: overHttp, pollingInterval: 20 }),
    wallet: createWalletClient({ chain, transport: overHttp, account }),
    live: createPublicClient({ chain, transport: webSocket(wsUrl, { reconnect: false, keepAlive: false }) }),
  }
}

test('sends ether, and reads the block, the transaction, the receipt and the balance', async () => {
  const node = await startDevNode()
  const { reading, wallet } = clients(node)
  expect(await reading.getChainId()).toBe(1337)
  const value = parseEther('2.5')
  const hash = await wallet.sendTransaction({ to: RECIPIENT, value })
  expect(await reading.getTransaction({ hash })).toMatchObject({
    hash,
    blockHash: null,
    value,
    from: account.address.toLowerCase(),
  })
  expect(await reading.getTransactionCount({ address: account.address, blockTag: 'pending' })).toBe(1)
  await node.seal()
  const receipt = await reading.waitForTransactionReceipt({ hash })
  expect(receipt).toMatchObject({ status: 'success', blockNumber: 1n, gasUsed: 21_000n, type: 'eip1559', logs: [] })
  const block = await reading.getBlock({ includeTransactions: true })
  expect(block).toMatchObject({ number: 1n, hash: receipt.blockHash, transactions: [{ hash, transactionIndex: 0 }] })
  expect(await reading.getBalance({ address: RECIPIENT })).toBe(value)
  expect(await reading.getBalance({ address: RECIPIENT, blockNumber: 0n })).toBe(0n)
})

test('makes a contract, calls it, and finds its logs', async () => {
  const node = await startDevNode()
  const { reading, wallet } = clients(node)
  const made = await wallet.sendTransaction({ data: PING_CODE })
  await node.seal()
  const { contractAddress } = await reading.waitForTransactionReceipt({ hash: made })
  const address = contractAddress!
  expect(await reading.getCode({ address })).toBe(PING_RUNTIME)
  const hash = await wallet.sendTransaction({ to: address })
  await node.seal()
  const receipt = await reading.waitForTransactionReceipt({ hash })
  const logs = await reading.getLogs({ event: PING, fromBlock: 'earliest' })
  expect(logs).toMatchObject([{ eventName: 'Ping', address, transactionHash: hash, blockNumber: 2n, logIndex: 0 }])
  expect(receipt.logs).toHaveLength(1)
  expect(await reading.getLogs({ event: PING, address: RECIPIENT, fromBlock: 0n })).toEqual([])
})

test('follows logs over HTTP by asking again', async () => {
  const node = await startDevNode()
  const { reading, wallet } = clients(node)
  const made = await wallet.sendTransaction({ data: PING_CODE })
  await node.seal()
  const { contractAddress: address } = await reading.waitForTransactionReceipt({ hash: made })
  const logs: Log[] = []
  const stop = reading.watchEvent({
    event: PING,
    address: address!,
    fromBlock: 2n,
    poll: true,
    onLogs: (some) => logs.push(...some),
  })
  onTestFinished(stop)
  const hash = await wallet.sendTransaction({ to: address })
  await node.seal()
  await expect.poll(() => logs.map(({ transactionHash }) => transactionHash)).toEqual([hash])
})

test('keeps filters of blocks, logs and waiting transactions, and asks what is new', async () => {
  const node = await startDevNode()
  const { reading, wallet } = clients(node)
  const blocks = await reading.createBlockFilter()
  const logs = await reading.createEventFilter({ event: PING })
  const waiting = await reading.createPendingTransactionFilter()
  const changes = async () => [
    await reading.getFilterChanges({ filter: blocks }),
    (await reading.getFilterChanges({ filter: logs })).map(({ eventName, transactionHash }) => [
      eventName,
      transactionHash,
    ]),
    await reading.getFilterChanges({ filter: waiting }),
  ]
  const made = await wallet.sendTransaction({ data: PING_CODE })
  await node.seal()
  const { contractAddress, blockHash } = await reading.waitForTransactionReceipt({ hash: made })
  expect(await changes()).toEqual([[blockHash], [], [made]])
  const hash = await wallet.sendTransaction({ to: contractAddress })
  await node.seal()
  const called = await reading.waitForTransactionReceipt({ hash })
  expect(await changes()).toEqual([[called.blockHash], [['Ping', hash]], [hash]])
  expect(await changes()).toEqual([[], [], []])
  const since = await reading.createEventFilter({ event: PING, fromBlock: 1n })
  expect(await reading.getFilterLogs({ filter: since })).toMatchObject([{ transactionHash: hash, blockNumber: 2n }])
  expect(await reading.uninstallFilter({ filter: logs })).toBe(true)
  await expect(reading.getFilterChanges({ filter: logs })).rejects.toMatchObject({ details: 'filter not found' })
})

test('watches waiting transactions over HTTP, and logs by a filter that it makes itself', async () => {
  const node = await startDevNode()
  const { reading, wallet } = clients(node)
  const [hashes, logs]: [string[], Log[]] = [[], []]
  onTestFinished(reading.watchPendingTransactions({ poll: true, onTransactions: (some) => hashes.push(...some) }))
  onTestFinished(reading.watchEvent({ event: PING, poll: true, onLogs: (some) => logs.push(...some) }))
  const made = await wallet.sendTransaction({ data: PING_CODE })
  await node.seal()
  const { contractAddress: to } = await reading.waitForTransactionReceipt({ hash: made })
  const called: string[] = []
  const call = async () => {
    called.push(await wallet.sendTransaction({ to }))
    await node.seal()
    return hashes.length > 0 && logs.length > 0
  }
  // They begin with the filters that they make in the background, so the first of them may be too early.
  await expect.poll(call, { timeout: 10_000 }).toBe(true)
  expect([made, ...called]).toContain(hashes[0])
  expect(called).toContain(logs[0]!.transactionHash)
})

test('is told the fees, and what a call costs', async () => {
  const node = await startDevNode()
  const { reading } = clients(node)
  await node.seal()
  const history = await reading.getFeeHistory({ blockCount: 2, rewardPercentiles: [50] })
  expect(history.baseFeePerGas).toHaveLength(3)
  const { maxFeePerGas, maxPriorityFeePerGas } = await reading.estimateFeesPerGas()
  expect(maxFeePerGas).toBeGreaterThan(maxPriorityFeePerGas)
  expect(await reading.getGasPrice()).toBeGreaterThan(0n)
  expect(await reading.estimateGas({ account: account.address, to: RECIPIENT, value: 1n })).toBe(21_000n)
})

test('is told why a call reverts', async () => {
  const { reading } = clients(await startDevNode())
  // Puts Error("nope") into memory, word by word, and reverts with it.
  const word = (digits: string) => `7f${digits.padEnd(64, '0')}`
  const code = `${word('08c379a0')}60005260206004526004602452${word('6e6f7065')}60445260646000fd`
  const call = reading.call({ data: `0x${code}` })
  await expect(call).rejects.toMatchObject({ shortMessage: 'Execution reverted with reason: nope.' })
})

test('is told what is wrong with a transaction', async () => {
  const node = await startDevNode()
  const { wallet } = clients(node)
  const poor = privateKeyToAccount(`0x${'01'.repeat(32)}`)
  const call = wallet.sendTransaction({ account: poor, to: RECIPIENT, value: 1n, gas: 21_000n })
  await expect(call).rejects.toMatchObject({ details: expect.stringContaining('insufficient funds') })
})

test('follows new heads, logs and waiting transactions over WebSocket', async () => {
  const node = await startDevNode()
  const { live, reading, wallet } = clients(node)
  const socket = await live.transport.getRpcClient()
  onTestFinished(() => socket.close())
  const heads: bigint[] = []
  const logs: Log[] = []
  const waiting: string[] = []
  const errors: Error[] = []
  const onError = (error: Error) => errors.push(error)
  live.watchBlocks({ onBlock: ({ number }) => heads.push(number), onError })
  live.watchPendingTransactions({ onTransactions: (hashes) => waiting.push(...hashes), onError })
  live.watchEvent({ event: PING, onLogs: (some) => logs.push(...some), onError })
  // Its subscriptions are made in the background; a call on the same connection is answered after them.
  await live.request({ method: 'eth_blockNumber' })

  const made = await wallet.sendTransaction({ data: PING_CODE })
  await node.seal()
  const { contractAddress } = await reading.waitForTransactionReceipt({ hash: made })
  const hash = await wallet.sendTransaction({ to: contractAddress })
  await node.seal()
  await expect
    .poll(() => [heads, waiting, logs.map(({ transactionHash }) => transactionHash), errors])
    .toEqual([[1n, 2n], [made, hash], [hash], []])
})

// ethers' providers over HTTP and WebSocket.
import { faucetKey } from '@ethspan/execution'
import { JsonRpcProvider, NonceManager, parseEther, Wallet, WebSocketProvider } from 'ethers'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { PING_CODE, PING_TOPIC, startDevNode } from './dev-node.js'
import { hexOf } from './support.js'

const RECIPIENT = '0x00000000000000000000000000000000000000AA'

function provider(url: string): JsonRpcProvider {
  const made = new JsonRpcProvider(url, 1337, { staticNetwork: true, pollingInterval: 20, cacheTimeout: -1 })
  onTestFinished(() => made.destroy())
  return made
}

test('sends ether, waits for it, and reads the block, the receipt and the logs', async () => {
  const node = await startDevNode()
  const reading = provider(node.httpUrl)
  const wallet = new Wallet(hexOf(faucetKey), reading)
  const response = await wallet.sendTransaction({ to: RECIPIENT, value: parseEther('1') })
  await node.seal()
  const receipt = await response.wait()
  expect(receipt).toMatchObject({ status: 1, blockNumber: 1, gasUsed: 21_000n, to: RECIPIENT })
  const block = await reading.getBlock('latest', true)
  expect(block?.prefetchedTransactions.map(({ hash }) => hash)).toEqual([response.hash])
  expect(await reading.getBalance(RECIPIENT)).toBe(parseEther('1'))
  expect(await reading.getTransactionCount(wallet.address)).toBe(1)
  expect(await reading.getLogs({ fromBlock: 0, toBlock: 'latest' })).toEqual([])
  expect(await reading.getFeeData()).toMatchObject({ maxFeePerGas: expect.any(BigInt) })
})

test('sends many in a row, each with the next nonce', async () => {
  const node = await startDevNode()
  const reading = provider(node.httpUrl)
  const wallet = new NonceManager(new Wallet(hexOf(faucetKey), reading))
  const responses = []
  for (let i = 0; i < 5; i++) responses.push(await wallet.sendTransaction({ to: RECIPIENT, value: 1n }))
  expect(await reading.send('txpool_status', [])).toEqual({ pending: '0x5', queued: '0x0' })
  await node.seal()
  const receipts = await Promise.all(responses.map((response) => response.wait()))
  expect(receipts.map((receipt) => receipt?.index)).toEqual([0, 1, 2, 3, 4])
})

test('is told why a transaction is not taken', async () => {
  const node = await startDevNode()
  const poor = new Wallet(`0x${'01'.repeat(32)}`, provider(node.httpUrl))
  const sending = poor.sendTransaction({ to: RECIPIENT, value: 1n, gasLimit: 21_000n })
  await expect(sending).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' })
})

test('follows logs and waiting transactions over HTTP, by filters that the node keeps', async () => {
  const node = await startDevNode()
  const reading = provider(node.httpUrl)
  const asked: string[] = []
  await reading.on('debug', ({ action, payload }) => {
    if (action === 'sendRpcPayload') asked.push(...[payload].flat().map(({ method }) => method))
  })
  const wallet = new Wallet(hexOf(faucetKey), reading)
  const made = await wallet.sendTransaction({ data: PING_CODE })
  await node.seal()
  const address = (await made.wait())!.contractAddress!
  const [logs, waiting]: [string[], string[]] = [[], []]
  await reading.on({ address, topics: [PING_TOPIC] }, (log) => logs.push(log.transactionHash))
  await reading.on('pending', (hash) => waiting.push(hash))
  const called: string[] = []
  const ping = async () => {
    called.push((await wallet.sendTransaction({ to: address })).hash)
    await node.seal()
    return logs.length > 0 && waiting.length > 0
  }
  // They begin with the filters that it makes in the background, so the first of them may be too early.
  await expect.poll(ping, { timeout: 10_000 }).toBe(true)
  expect(called).toContain(logs[0])
  expect(called).toContain(waiting[0])
  expect(new Set(asked)).toContain('eth_getFilterChanges')
  expect(asked).not.toContain('eth_getLogs')
})

test('follows blocks and waiting transactions over WebSocket', async () => {
  const node = await startDevNode()
  const live = new WebSocketProvider(new WebSocket(node.wsUrl) as never, 1337, { staticNetwork: true })
  onTestFinished(() => live.destroy())
  const [blocks, waiting]: [number[], string[]] = [[], []]
  await live.on('block', (number) => blocks.push(number))
  await live.on('pending', (hash) => waiting.push(hash))
  // Answered after the subscriptions of before, as they share the connection.
  await live.getBlockNumber()
  const wallet = new Wallet(hexOf(faucetKey), provider(node.httpUrl))
  const response = await wallet.sendTransaction({ to: RECIPIENT, value: 1n })
  await node.seal()
  await expect.poll(() => [blocks, waiting]).toEqual([[1], [response.hash]])
})

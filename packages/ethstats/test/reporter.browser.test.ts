// Inside Chromium: the browser's socket, and a node in the page that reports to a server in Node.
import { chainKey } from '@ethspan/chain'
import { Node } from '@ethspan/node'
import { memoryStore } from '@ethspan/node/memory'
import { expect, inject, onTestFinished, test } from 'vitest'
import { applyMessage, emptySnapshot, FEED_PATH, type FeedMessage } from '../src/feed.js'
import { EthStats } from '../src/index.js'
import { openSocket } from '../src/socket/socket.js'
import { socketSuite } from './socket-suite.js'
import { FakeChain, SECRET } from './support.js'

socketSuite("a page's WebSocket", openSocket, () => inject('statsSockets'))

test('a node in a page reports, over ws where there is no wss', async () => {
  const host = inject('statsHost')
  const chain = new FakeChain(45)
  const node = new Node({ name: 'tab', store: memoryStore(), p2p: { transports: [] } })
  node.register({ name: 'chain', start: (context) => context.offer(chainKey, chain as never) })
  node.register(new EthStats({ url: `a tab:${SECRET}@${host}` }))
  onTestFinished(() => node.stop())

  let picture = emptySnapshot
  const feed = new WebSocket(`ws://${host}${FEED_PATH}`)
  onTestFinished(() => feed.close())
  feed.onmessage = ({ data }: MessageEvent<string>) => {
    picture = applyMessage(picture, JSON.parse(data) as FeedMessage)
  }
  await node.start()
  const tab = () => picture.nodes.find(({ id }) => id === 'a tab')
  await expect.poll(() => tab()?.gasPrice, { timeout: 10_000 }).toBe(7)
  expect(tab()).toMatchObject({ os: 'browser', network: '1337', block: { number: 44 } })
  await expect.poll(() => picture.blocks.length, { timeout: 10_000 }).toBe(40)
  chain.grow()
  await expect.poll(() => tab()?.block?.number, { timeout: 10_000 }).toBe(45)
})

// What the page of the benchmark runs.
import { browserStore } from '@ethspan/node/browser-store'
import { memoryStore } from '@ethspan/node/memory'
import { webSocket } from '@ethspan/websocket'
import { follow } from './follower.mjs'

globalThis.followFromPage = async ({ kept, ...task }) => {
  const name = `ethspan-bench-${Math.random().toString(36).slice(2)}`
  const { close, ...figures } = await follow({
    ...task,
    store: kept === 'memory' ? memoryStore() : browserStore(name),
    transport: webSocket(),
  })
  // Until the chain is closed it holds what a node that goes on holds.
  globalThis.endFollower = async () => {
    await close()
    indexedDB.deleteDatabase(name)
  }
  return figures
}

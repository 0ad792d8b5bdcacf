// The SharedWorker in which one node runs for all tabs of this origin. It runs while any tab is open: with the last one the
// node says goodbye, and the browser ends the worker.
import { servePort } from '@ethspan/rpc'
import { originKeeper } from './client/keeper.js'
import { NodeHost } from './client/node-host.js'
import { pageApis } from './client/page-api.js'
import { SWEEP, Tabs } from './client/tabs.js'

const host = originKeeper().then((keeper) => new NodeHost('worker', keeper))

const tabs = new Tabs({
  now: () => performance.now(),
  count: async (count) => {
    const node = await host
    node.board.emit({ type: 'tabs', tabs: count })
    if (count === 0) await node.stop()
  },
})

async function serve(port: MessagePort): Promise<void> {
  const node = await host
  const tab = tabs.join(() => served.close())
  const served = servePort(port, () => pageApis(node, tab))
  await served.closed
  tab.left()
}

addEventListener('connect', (event) => {
  const [port] = (event as MessageEvent).ports
  if (port !== undefined) void serve(port)
})
addEventListener('online', async () => (await host).reconnect())
setInterval(() => tabs.sweep(), SWEEP)

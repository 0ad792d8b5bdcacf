// The node's side of what pages ask: the JSON-RPC namespace `page`, beside `admin`, `net` and `web3` of the node itself.
import type { Api } from '@ethspan/node'
import { params as read } from '@ethspan/rpc'
import type { NodeHost } from './node-host.js'
import type { Tab } from './tabs.js'

/** What the pages of this host can call. `tab`: whose calls these are, where there is more than one. */
export function pageApis(host: NodeHost, tab?: Tab): readonly Api[] {
  return [page(host, tab), ...host.apis()]
}

function page(host: NodeHost, tab: Tab | undefined): Api {
  const text = (params: readonly unknown[]): string => read.text(params[0], 0)
  return {
    namespace: 'page',
    methods: {
      start: (params) => host.start(text(params)),
      events: async ([seen], { signal }) => {
        tab?.asks()
        const batch = await host.board.since(typeof seen === 'number' ? seen : undefined, { signal, later })
        tab?.answered()
        return batch
      },
      messages: (params) => host.messages(text(params)),
      reconnect: () => host.reconnect(),
      explainDial: (params) => host.explainDial(text(params)),
      dial: (params) => host.dial(text(params)),
      disconnect: (params) => host.disconnect(text(params)),
      sendChat: (params) => host.sendChat(text(params)),
      askFaucet: () => host.askFaucet(),
      sendCoins: (params) => host.sendCoins(text(params), read.text(params[1], 1)),
      setName: (params) => host.setName(text(params)),
      exportKey: () => host.exportKey(),
      importKey: (params) => host.importKey(text(params)),
      resetKey: () => host.resetKey(),
    },
  }
}

const later = (callback: () => void, ms: number) => {
  const timer = setTimeout(callback, ms)
  return () => clearTimeout(timer)
}

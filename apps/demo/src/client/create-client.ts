// Which node this page shows.
import type { NodeClient } from './client.js'
import { asksForOwnNode } from './own-node.js'
import { type NodeHome, RpcNodeClient } from './rpc-node-client.js'
import { sharedHome } from './shared-home.js'

/** The node runs in a worker for all tabs of this origin; in this tab where there is no such worker, or the URL asks for it. */
export function createClient(): NodeClient {
  const isShared = !asksForOwnNode(location.search) && typeof SharedWorker !== 'undefined'
  const client = new RpcNodeClient(isShared ? sharedHome(loadOwnHome) : lazy(loadOwnHome), document.baseURI)
  addEventListener('pagehide', () => client.leave())
  addEventListener('pageshow', (event) => {
    if (event.persisted) client.returns()
  })
  return client
}

/** Loaded only where it is needed: a tab that shares its node does without the stack. */
const loadOwnHome = async (): Promise<NodeHome> => (await import('./own-home.js')).ownHome()

function lazy(load: () => Promise<NodeHome>): NodeHome {
  let home: NodeHome | undefined
  return {
    async attach() {
      home ??= await load()
      return home.attach()
    },
    leave: () => home?.leave(),
  }
}

// A node of this tab's own, in the page's thread.
import { inProcess } from '@ethspan/rpc'
import { tabKeeper } from './keeper.js'
import { NodeHost } from './node-host.js'
import { pageApis } from './page-api.js'
import type { NodeHome } from './rpc-node-client.js'

export function ownHome(): NodeHome {
  const host = new NodeHost('tab', tabKeeper())
  addEventListener('online', () => host.reconnect())
  return {
    attach: async () => inProcess(() => pageApis(host)),
    leave: () => void host.stop(),
  }
}

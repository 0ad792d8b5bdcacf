// What the page shows, as signals fed by the node's events. Components read these and call the client; nothing else does.
import { batch, computed, effect, signal } from '@preact/signals'
import { addEntry, addMessage, type ShownEntry, trackRoundTrips } from '../client/bounded.js'
import type { AccountView, ChainView } from '../client/chain-view.js'
import type {
  ChatMessage,
  DialTarget,
  Identity,
  Network,
  NodeClient,
  NodeEvent,
  NodeState,
  PeerInfo,
  Snapshot,
} from '../client/client.js'
import { stateWords } from '../words/state-words.js'

/** How often ages and counters are brought up to date while the page is visible; milliseconds. */
const TICK = 1000

export const identity = signal<Identity | undefined>(undefined)
export const nodeState = signal<NodeState>({ phase: 'starting' })
export const peers = signal<readonly PeerInfo[]>([])
export const roundTrips = signal<ReadonlyMap<string, readonly number[]>>(new Map())
export const targets = signal<readonly DialTarget[]>([])
export const network = signal<Network>({ nodes: [], links: [] })
export const log = signal<readonly ShownEntry[]>([])
export const messages = signal<readonly ChatMessage[]>([])
/** Undefined where the node follows no chain. */
export const chain = signal<ChainView | undefined>(undefined)
export const account = signal<AccountView | undefined>(undefined)
/** How many tabs show this node. */
export const tabs = signal(1)
/** Milliseconds since 1970, moved on by the page's one ticker. */
export const now = signal(Date.now())

export const gatewayId = computed(() => network.value.nodes.find((node) => node.role === 'gateway')?.id)
export const traffic = computed(() => ({
  in: peers.value.reduce((sum, peer) => sum + peer.traffic.bytesIn, 0),
  out: peers.value.reduce((sum, peer) => sum + peer.traffic.bytesOut, 0),
}))

function receive(event: NodeEvent): void {
  switch (event.type) {
    case 'snapshot':
      showAll(event.snapshot)
      break
    case 'identity':
      identity.value = event.identity
      break
    case 'state':
      now.value = Date.now()
      nodeState.value = event.state
      break
    case 'peers':
      showPeers(event.peers)
      break
    case 'targets':
      now.value = Date.now()
      targets.value = event.targets
      break
    case 'network':
      network.value = event.network
      break
    case 'log':
      log.value = addEntry(log.value, event.entry)
      break
    case 'chat':
      messages.value = addMessage(messages.value, event.message)
      break
    case 'tabs':
      tabs.value = event.tabs
      break
    case 'chain':
      now.value = Date.now()
      chain.value = event.chain
      break
    case 'account':
      account.value = event.account
      break
  }
}

function showAll(all: Snapshot): void {
  now.value = Date.now()
  identity.value = all.identity
  nodeState.value = all.state
  showPeers(all.peers)
  targets.value = all.targets
  network.value = all.network
  log.value = all.log.reduce<readonly ShownEntry[]>(addEntry, [])
  messages.value = all.chat
  tabs.value = all.tabs
  chain.value = all.chain
  account.value = all.account
}

function showPeers(list: readonly PeerInfo[]): void {
  peers.value = list
  roundTrips.value = trackRoundTrips(roundTrips.value, list)
}

/** Connects the signals to the node and runs the ticker while the page is visible. */
export function feed(client: NodeClient): void {
  client.subscribe((event) => batch(() => receive(event)))
  // Seen where the page itself is not: in the list of tabs.
  effect(() => {
    document.title = `${stateWords(nodeState.value, 0).title} · ethspan`
  })
  let ticker: ReturnType<typeof setInterval> | undefined
  let asking = false
  const tick = async () => {
    now.value = Date.now()
    if (asking) return
    asking = true
    const list = await client.peers()
    asking = false
    batch(() => showPeers(list))
  }
  const onVisibility = () => {
    clearInterval(ticker)
    ticker = undefined
    if (document.visibilityState === 'hidden') return
    void tick()
    ticker = setInterval(() => void tick(), TICK)
  }
  document.addEventListener('visibilitychange', onVisibility)
  onVisibility()
}

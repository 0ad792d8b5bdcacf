// What the page knows of its node. Everything that crosses this line is JSON and every call is asynchronous, so the page can't
// tell whether its node runs in this tab or in a worker.
import type { PeerInfo } from '@ethspan/core'
import type { AccountView, ChainView } from './chain-view.js'

/** Where the node's private key came from when it started. */
export type KeyOrigin =
  /** Made just now. */
  | 'new'
  /** Found where it is kept. */
  | 'kept'
  /** Given by the person. */
  | 'imported'
  /**
   * Made because another node runs with the key that was kept: the tab was duplicated, or another version of the page is
   * still open.
   */
  | 'twin'

/** Where the node runs: in this tab and for it alone, or in a worker that all tabs of this origin share. */
export type Home = 'tab' | 'worker'

/** Where the private key is kept: in the tab's session storage, in the browser's IndexedDB, in memory alone. */
export type KeyPlace = 'session' | 'indexeddb' | 'memory'

export interface Identity {
  /** Node id, 64 hex digits. */
  readonly id: string
  /** Public key, 128 hex digits. */
  readonly publicKey: string
  readonly enode: string
  /** The name this node tells in Hello. */
  readonly name: string
  /** The part of the name that the person can change. */
  readonly nickname: string
  readonly keyOrigin: KeyOrigin
  readonly keyPlace: KeyPlace
  readonly home: Home
  /** What does the cryptographic work. */
  readonly crypto: string
}

/** What is known of the gateway: the answer of `GET /node.json`. */
export interface GatewayInfo {
  readonly name: string
  readonly id: string
  /** The URL to dial from a browser, `enode+ws://…`. */
  readonly dial: string
  /** The URL for nodes that dial TCP. */
  readonly enode: string
  readonly version: string
  /** The chain that it follows, which its pages can follow too. */
  readonly chain?: GatewayChain
}

export interface GatewayChain {
  /** `dev`, the name of a public network, or `custom`. */
  readonly name: string
  /** Decimal text. */
  readonly networkId: string
  /** Hash of the genesis block, `0x` and 64 hex digits. */
  readonly genesis: string
  /** Whether `faucet`, beside the page, gives coins. */
  readonly faucet: boolean
}

/** The life of the node, as seen from the page. Times are milliseconds since 1970. */
export type NodeState =
  | { readonly phase: 'stopped' }
  | { readonly phase: 'starting' }
  /** Asking the page's origin for the gateway, or dialing it. */
  | { readonly phase: 'connecting'; readonly step: 'find' | 'dial' }
  | { readonly phase: 'connected'; readonly gateway: GatewayInfo; readonly since: number }
  /** After a failure, for as long as it lasts: in the pause until `retryAt` and in the try that follows. */
  | { readonly phase: 'reconnecting'; readonly why: string; readonly retryAt: number; readonly attempt: number }
  /** The person disconnected the gateway. */
  | { readonly phase: 'disconnected' }
  /** The node itself could not start. */
  | { readonly phase: 'failed'; readonly why: string }

export type { PeerInfo }

/** A node as drawn in the network. */
export interface NetworkNode {
  readonly id: string
  readonly name: string
  /** How it is connected to the node that told of it: `tcp`, `ws`; empty when not known. */
  readonly transport: string
  /** The URL it can be dialed at, where it told one. */
  readonly address?: string
  readonly caps: readonly string[]
  readonly role: 'you' | 'gateway' | 'node'
}

export interface NetworkLink {
  readonly source: string
  readonly target: string
}

export interface Network {
  readonly nodes: readonly NetworkNode[]
  readonly links: readonly NetworkLink[]
}

export type LogKind = 'node' | 'dial' | 'peer' | 'network' | 'chain'
export type LogTone = 'plain' | 'good' | 'bad'

export interface LogEntry {
  readonly seq: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly kind: LogKind
  readonly tone: LogTone
  readonly text: string
  /** The cause in detail, for those who want to know. */
  readonly detail?: string
}

export interface ChatMessage {
  /** The same for everybody, 64 hex digits. */
  readonly id: string
  /** Node id of the sender. */
  readonly from: string
  /** The sender's name; empty when not known. */
  readonly name: string
  readonly text: string
  /** When it arrived here; of what was said before, when it was sent. Milliseconds since 1970. */
  readonly at: number
  readonly own: boolean
  /** Whether it was said before this node came. */
  readonly isHistory: boolean
}

/** A node that the person asked for and that is not connected now. */
export interface DialTarget {
  readonly id: string
  readonly url: string
  /** When it is dialed again; undefined while a dial is under way. */
  readonly retryAt?: number
  readonly why?: string
}

/** A message that passed between this node and a peer. */
export interface PassedMessage {
  /** Grows with each message of the peer. */
  readonly seq: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly direction: 'in' | 'out'
  /** Such as `chat/1`; `p2p/5` for the base protocol. */
  readonly protocol: string
  /** Relative to the protocol. */
  readonly code: number
  /** Bytes of the payload on the wire, after compression. */
  readonly size: number
}

/** Whether something was done, and if not, why: one sentence for a person. */
export type Answer = { readonly ok: true } | { readonly ok: false; readonly why: string }

/** All there is to show, for whoever comes in the middle. */
export interface Snapshot {
  /** Undefined until the node started for the first time. */
  readonly identity?: Identity
  readonly state: NodeState
  readonly peers: readonly PeerInfo[]
  readonly targets: readonly DialTarget[]
  readonly network: Network
  /** Oldest first. */
  readonly log: readonly LogEntry[]
  readonly chat: readonly ChatMessage[]
  /** How many tabs show this node. */
  readonly tabs: number
  /** Undefined where the node follows no chain. */
  readonly chain?: ChainView
  readonly account?: AccountView
}

export type NodeEvent =
  /** Replaces all that was told before. */
  | { readonly type: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly type: 'identity'; readonly identity: Identity }
  | { readonly type: 'state'; readonly state: NodeState }
  | { readonly type: 'peers'; readonly peers: readonly PeerInfo[] }
  | { readonly type: 'targets'; readonly targets: readonly DialTarget[] }
  | { readonly type: 'network'; readonly network: Network }
  | { readonly type: 'log'; readonly entry: LogEntry }
  | { readonly type: 'chat'; readonly message: ChatMessage }
  | { readonly type: 'tabs'; readonly tabs: number }
  | { readonly type: 'chain'; readonly chain?: ChainView }
  | { readonly type: 'account'; readonly account?: AccountView }

/** The node behind the page. */
export interface NodeClient {
  /** Tells `listener` all there is, then what happens from now on; returns how to stop that. One listener at a time. */
  subscribe(listener: (event: NodeEvent) => void): () => void
  /** Starts the node, where it does not run, and finds the gateway. Failures are told as the state. */
  start(): Promise<void>
  /** The peers with their counters as they are now. */
  peers(): Promise<readonly PeerInfo[]>
  /** The last messages to and from the peer with this id, oldest first; for a while also of one that is gone. */
  messages(id: string): Promise<readonly PassedMessage[]>
  /** Dials the gateway now instead of at the end of the pause. */
  reconnect(): Promise<void>
  /** Whether `url` can be dialed from here; nothing is tried. */
  explainDial(url: string): Promise<Answer>
  /** Keeps a connection to the node at `url` until `disconnect`. */
  dial(url: string): Promise<Answer>
  /** Ends the connection to the node with this id and dials it no more. */
  disconnect(id: string): Promise<void>
  sendChat(text: string): Promise<Answer>
  /** Asks the gateway's faucet for coins for the node's account. */
  askFaucet(): Promise<Answer>
  /** Sends coins from the node's account. `amount`: coins as a person writes them, such as `0.5`. */
  sendCoins(to: string, amount: string): Promise<Answer>
  /** Restarts the node under another nickname. */
  setName(nickname: string): Promise<Answer>
  /** The private key, 64 hex digits. */
  exportKey(): Promise<string>
  /** Restarts the node with the given private key, 64 hex digits. */
  importKey(hex: string): Promise<Answer>
  /** Restarts the node with a new key. */
  resetKey(): Promise<void>
}

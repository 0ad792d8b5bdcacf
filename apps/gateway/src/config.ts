import { homedir } from 'node:os'
import path from 'node:path'
import type { RpcLimits } from './rpc-limit-flags.js'

/** Where the node's key comes from, if not from the data directory. */
export type KeySource =
  /** 64 hex digits in a file. */
  | { readonly kind: 'file'; readonly path: string }
  /** 64 hex digits. */
  | { readonly kind: 'hex'; readonly hex: string }

/** An address to listen on. Port 0: any free one. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** The ways into the node's JSON-RPC; what geth's flags of the same names say. */
export interface RpcConfig {
  /** Path of the IPC socket; default: `ethspan.ipc` in the data directory. Undefined: none. */
  readonly ipc?: { readonly path?: string }
  readonly http: ListenAddress & {
    readonly enabled: boolean
    /** Namespaces. */
    readonly apis: readonly string[]
    /** Origins whose pages may read answers. */
    readonly cors: readonly string[]
    /** Names that may stand in the Host header. */
    readonly vhosts: readonly string[]
  }
  readonly ws: ListenAddress & {
    readonly enabled: boolean
    readonly apis: readonly string[]
    readonly origins: readonly string[]
  }
  /** The port for those who share a secret with the node. Undefined: closed. */
  readonly auth?: ListenAddress & {
    readonly vhosts: readonly string[]
    /** File of the secret; undefined: `jwtsecret` in the data directory. */
    readonly jwtSecret?: string
  }
}

export type NetworkName = 'mainnet' | 'sepolia' | 'hoodi' | 'holesky'

/** A chain's genesis and rules. */
export type ChainChoice =
  /** The private one for development. */
  | { readonly kind: 'dev' }
  /** geth's genesis.json. */
  | { readonly kind: 'genesis'; readonly file: string }
  | { readonly kind: 'network'; readonly name: NetworkName }

/** The chain of a node. */
export interface ChainSettings {
  readonly choice: ChainChoice
  /** Default: the chain's id. */
  readonly networkId?: bigint
  /** `memory`: for this run alone, as it is where a node has no data directory. */
  readonly place: 'data-dir' | 'memory'
  /** How many of the newest blocks are kept; undefined: all. */
  readonly keep?: number
  /** Whether blocks are executed. */
  readonly execute: boolean
  /** Seconds between the blocks that this node makes; 0: as transactions come. Undefined: it makes none. */
  readonly blockPeriod?: number
  /** Files of blocks to read before anything else. */
  readonly importFiles: readonly string[]
  /** Hash of the block to sync to, `0x` and 64 hex digits. */
  readonly checkpoint?: string
  /** Nodes that are believed when they say what the head is. Dialed, too. */
  readonly trustedHeads: readonly string[]
  /** What a call over JSON-RPC may cost. */
  readonly rpcLimits: RpcLimits
  /** Limits of the transaction pool. */
  readonly pool: {
    /** Wei a unit of gas. */
    readonly priceLimit: number
    /** Percent. */
    readonly priceBump: number
    readonly accountSlots: number
    readonly globalSlots: number
  }
}

/** How a gateway runs; what the command line's flags come down to. */
export interface GatewayConfig {
  /** Undefined: the data directory's, made there at the first start. */
  readonly key?: KeySource
  readonly dataDir: string
  /** Where another process has the data directory: refuse to start, or run without one, with a key for this run alone. */
  readonly ifLocked: 'refuse' | 'do-without'
  /** A name of its own within the client's name. */
  readonly identity?: string
  /** devp2p over TCP. Port 0: any free one. */
  readonly tcp: ListenAddress
  /** HTTP and, at {@link P2P_PATH}, WebSocket. Port 0: any free one. */
  readonly web: {
    readonly host: string
    readonly port: number
    /** Whether `/` is the page. */
    readonly page: boolean
    /** Origins whose pages may connect, `*` for all. Undefined: pages of this gateway's own host. */
    readonly origins?: readonly string[]
    /** What browsers call this gateway behind a proxy, such as `https://example.org/`. */
    readonly externalUrl?: URL
    /** Believe X-Forwarded-For, -Host and -Proto. */
    readonly trustProxy: boolean
  }
  readonly rpc: RpcConfig
  /** Undefined: a node of devp2p alone. */
  readonly chain?: ChainSettings
  /** Who is told how this node does, and who tells it here: eth-netstats. */
  readonly stats: {
    /** `name:secret@host:port`, as geth has it; beside the page of this gateway, where it has one. Undefined: to that alone. */
    readonly report?: string
    /** What a node that reports here has to know. Undefined: see {@link statsSecret}. */
    readonly secret?: string
  }
  /** Where metrics and health are served; undefined: nowhere. Port 0: any free one. */
  readonly metrics?: ListenAddress
  readonly maxPeers: number
  /** Handshakes under way, for each direction. */
  readonly maxPendingPeers: number
  /** Networks in CIDR notation that peers must be in; empty: any. */
  readonly netRestrict: readonly string[]
  /** Nodes to stay connected with. */
  readonly staticNodes: readonly string[]
  /** Nodes to let in above the limits. */
  readonly trustedNodes: readonly string[]
}

/** The path of the WebSocket endpoint. */
export const P2P_PATH = '/p2p'

/**
 * The place where this platform keeps a user's application data, `ethspan` within it. Undefined for a user without a home
 * directory, such as a number of nobody's in a container.
 */
export function defaultDataDir(
  platform: NodeJS.Platform = process.platform,
  env: NodeJS.ProcessEnv = process.env,
  homeOf: () => string = homedir,
): string | undefined {
  const xdg = env.XDG_DATA_HOME
  // XDG Base Directory Specification: a relative path there is invalid and to be ignored.
  if (platform !== 'darwin' && platform !== 'win32' && xdg?.startsWith('/')) return path.posix.join(xdg, 'ethspan')
  const home = homeDirectory(homeOf)
  if (home === undefined) return undefined
  if (platform === 'darwin') return path.posix.join(home, 'Library', 'Application Support', 'ethspan')
  if (platform === 'win32') {
    return path.win32.join(env.LOCALAPPDATA || path.win32.join(home, 'AppData', 'Local'), 'ethspan')
  }
  return path.posix.join(home, '.local', 'share', 'ethspan')
}

/** `os.homedir` throws where the system knows no such user, and answers an empty HOME with itself. */
function homeDirectory(homeOf: () => string): string | undefined {
  try {
    return homeOf() || undefined
  } catch {
    return undefined
  }
}

import { homedir } from 'node:os'
import path from 'node:path'

/** Where the node's key comes from. */
export type KeySource =
  /** Kept in a data directory, made there at the first start. */
  | { readonly kind: 'datadir'; readonly dataDir: string }
  /** 64 hex digits in a file. */
  | { readonly kind: 'file'; readonly path: string }
  /** 64 hex digits. */
  | { readonly kind: 'hex'; readonly hex: string }

/** How a gateway runs; what the command line's flags come down to. */
export interface GatewayConfig {
  readonly key: KeySource
  /** A name of its own within the client's name. */
  readonly identity?: string
  /** devp2p over TCP. Port 0: any free one. */
  readonly tcp: { readonly host: string; readonly port: number }
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

/** The place where this platform keeps a user's application data, `ethspan` within it. */
export function defaultDataDir(
  platform: NodeJS.Platform = process.platform,
  env: NodeJS.ProcessEnv = process.env,
  home: string = homedir(),
): string {
  if (platform === 'darwin') return path.posix.join(home, 'Library', 'Application Support', 'ethspan')
  if (platform === 'win32') {
    return path.win32.join(env.LOCALAPPDATA || path.win32.join(home, 'AppData', 'Local'), 'ethspan')
  }
  // XDG Base Directory Specification: a relative path there is invalid and to be ignored.
  const xdg = env.XDG_DATA_HOME
  return path.posix.join(xdg?.startsWith('/') ? xdg : path.posix.join(home, '.local', 'share'), 'ethspan')
}

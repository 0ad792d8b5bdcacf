import type { Server } from 'node:http'
import type { Netlist } from '@ethspan/core/netutil'

export interface WebSocketListenerOptions {
  /** Address to listen on. Default `127.0.0.1`: this machine only. Not with `server`. */
  readonly host?: string
  /** 0 takes any free port. Default 8547. Not with `server`. */
  readonly port?: number
  /** Path of the WebSocket. Default `/p2p`. */
  readonly path?: string
  /**
   * An HTTP(S) server that listens already, to share: upgrades of `path` are ours, all else stays its own. It is not
   * closed with the listener.
   */
  readonly server?: Server
  /**
   * Origins whose pages may connect, such as `https://example.org`; `*` lets all in. Default: pages of the same host as
   * the request's (on loopback not under a name that is not this machine's own) or as `externalUrl`'s. Requests without an
   * Origin come from no browser and pass.
   */
  readonly origins?: readonly string[]
  /**
   * Behind a reverse proxy: the client's address is the last entry of X-Forwarded-For, the host that of X-Forwarded-Host.
   * Default false. Never set it where clients reach the port directly: they could write any address there.
   */
  readonly trustProxy?: boolean
  /** Networks that may connect, such as `10.0.0.0/8,192.168.0.0/16`. Default: all. */
  readonly netRestrict?: string | Netlist
  /**
   * New connections per address: `capacity` at once, then `refillPerSecond`. Addresses in a LAN are counted only with
   * `lan`. Default 30, then one a second.
   */
  readonly rate?: { readonly capacity: number; readonly refillPerSecond: number; readonly lan?: boolean }
  /** Open WebSockets at most. Default 256. */
  readonly maxConnections?: number
  /** The `ws://` or `wss://` URL under which others reach this listener, such as a proxy's. Default: its own address. */
  readonly externalUrl?: string
  /** Bytes in the longest message to accept; a longer one ends the connection. Default 1 MiB, see docs/websocket.md. */
  readonly maxPayload?: number
}

export const DEFAULT_HOST = '127.0.0.1'
export const DEFAULT_PORT = 8547
export const DEFAULT_PATH = '/p2p'

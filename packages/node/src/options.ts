import type { Clock, Logger, ServerOptions } from '@ethspan/core'
import type { Api, RpcEndpoint } from './api.js'
import type { Metrics } from './metrics.js'
import type { Store } from './service.js'

/** A directory that belongs to one running node, as `openDataDir` of `@ethspan/node/data-dir` opens it. */
export interface DataDir {
  /** Absolute path of the directory the user named: geth's `--datadir`. */
  readonly path: string
  /** Absolute path of the part of it that is this program's, `<path>/<name>`. */
  readonly instancePath: string
  readonly store: Store
  /** The node URLs of `static-nodes.json`, each one readable. */
  readonly staticNodes: readonly string[]
  /** The node URLs of `trusted-nodes.json`, each one readable. */
  readonly trustedNodes: readonly string[]
  /** What the user should know about the directory, a line each. Nodes log them as warnings. */
  readonly notes: readonly string[]
  /**
   * The node's key, 32 bytes: read from the file `nodekey`, which is made where it does not exist.
   * @throws {EthspanError} ERR_INVALID_KEY for a file that holds none, ERR_DATA_DIR for one that can't be read or written
   */
  nodeKey(): Uint8Array
  /** Closes the store and gives the directory back. Idempotent. */
  close(): Promise<void>
}

/** What a node's p2p server is told beside what the node itself gives it. `name` is by default `<node's name>/v<version>`. */
export type P2POptions = Omit<ServerOptions, 'privateKey' | 'protocols' | 'log' | 'clock' | 'meter'>

/** How a `Node` is set up. One of `store` and `dataDir` is needed. */
export interface NodeOptions {
  /** What the program is called, such as `my-app`: the first part of the client's name. */
  readonly name: string
  /** 32 bytes or 64 hex digits. Default: the data directory's `nodekey`, or the one in the store, made at the first start. */
  readonly privateKey?: Uint8Array | string
  /** Where the node and its services keep things. The node opens it and closes it. */
  readonly store?: Store
  /** Store, key and node lists in one. The node closes it. */
  readonly dataDir?: DataDir
  readonly p2p: P2POptions
  /** Ways into the node's JSON-RPC, opened in this order when it starts. */
  readonly rpc?: Readonly<Record<string, RpcEndpoint>>
  /** Methods beside those of the services. */
  readonly apis?: readonly Api[]
  /** Default: silent. Each line carries the field `module`: `node`, `p2p`, `rpc` or the service's name. */
  readonly log?: Logger
  readonly clock?: Clock
  /** Where the p2p server is counted, and whatever the services count. Default: `noMetrics`. */
  readonly metrics?: Metrics
}

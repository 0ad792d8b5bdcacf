import { existsSync } from 'node:fs'
import path from 'node:path'
import { EthspanError } from '@ethspan/core'

/** Where a running node is asked. */
export interface NodeEndpoint {
  /** A URL or the path of an IPC socket; undefined: the socket in the data directory. */
  readonly endpoint: string | undefined
  /** Undefined where an endpoint is named, and the user has no home directory. */
  readonly dataDir: string | undefined
}

/** The IPC socket's name in a data directory. geth's is `geth.ipc`. */
export const IPC_FILE = 'ethspan.ipc'

/** The node's IPC socket: in its data directory, on Windows a pipe of that name, as in geth. */
export function ipcPathIn(dataDir: string, name = IPC_FILE): string {
  if (process.platform === 'win32') return name.startsWith('\\\\.\\pipe\\') ? name : `\\\\.\\pipe\\${name}`
  return path.basename(name) === name ? path.join(path.resolve(dataDir), name) : name
}

/**
 * What `connect` is given.
 * @throws {EthspanError} ERR_DIAL where nothing is named and no node runs on the data directory
 */
export function addressOf({ endpoint, dataDir }: NodeEndpoint): string {
  if (endpoint !== undefined) return endpoint
  if (dataDir === undefined) throw new EthspanError('ERR_DIAL', 'no endpoint is named, and no data directory')
  const socket = ipcPathIn(dataDir)
  if (process.platform === 'win32' || existsSync(socket)) return socket
  throw new EthspanError('ERR_DIAL', `no node runs on the data directory ${dataDir}: there is no socket ${socket}`, {
    hint: 'Start one with "ethspan", or name an endpoint such as http://127.0.0.1:8545 or the path of an IPC socket.',
  })
}

/** The same error, and a hint where the endpoint does not offer what was asked for. */
export function withHint(error: unknown, code: number | undefined, method: string): unknown {
  if (code !== METHOD_NOT_FOUND) return error
  const namespace = method.split('_', 1)[0]
  return new EthspanError('ERR_STATE', `the node does not offer ${method} here`, {
    hint: `Ask over IPC, or start the node with --http.api or --ws.api naming ${namespace}.`,
    cause: error,
  })
}

/** JSON-RPC 2.0, section 5.1. */
const METHOD_NOT_FOUND = -32601

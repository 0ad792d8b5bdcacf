import { existsSync } from 'node:fs'
import { EthspanError } from '@ethspan/core'
import { ipcPathIn } from '../ipc-path.js'

/** Where a running node is asked. */
export interface NodeEndpoint {
  /** A URL or the path of an IPC socket; undefined: the socket in the data directory. */
  readonly endpoint: string | undefined
  /** Undefined where an endpoint is named, and the user has no home directory. */
  readonly dataDir: string | undefined
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

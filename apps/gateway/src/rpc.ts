// The node's JSON-RPC: which endpoints the configuration asks for.
import path from 'node:path'
import { EthspanError } from '@ethspan/core'
import { hostPort } from '@ethspan/core/netutil'
import type { DataDir } from '@ethspan/node'
import { EndpointController, ipcPath } from '@ethspan/rpc/endpoints'
import type { ListenAddress, RpcConfig } from './config.js'
import { ipcPathIn } from './ipc-path.js'
import { listenHint } from './listen.js'

/** In the data directory's part that is ours, as geth's. */
const JWT_FILE = 'jwtsecret'

export interface GatewayRpc {
  readonly endpoints: EndpointController
  /** What the user should know, a sentence each. */
  readonly notes: readonly string[]
}

/**
 * @param dataDir undefined where the node has none; then there is an IPC socket only where a path was named
 * @throws {EthspanError} ERR_INVALID_OPTION
 */
export function gatewayRpc({ ipc, http, ws, auth }: RpcConfig, dataDir: DataDir | undefined): GatewayRpc {
  const notes: string[] = []
  const socket = ipc === undefined ? undefined : socketPath(ipc.path, dataDir, notes)
  const endpoints = new EndpointController({
    http,
    ws,
    ...(socket === undefined ? {} : { ipc: { path: socket } }),
    ...(auth === undefined ? {} : { auth: { ...auth, jwtSecret: auth.jwtSecret ?? jwtSecretIn(dataDir) } }),
  })
  return { endpoints, notes }
}

function socketPath(given: string | undefined, dataDir: DataDir | undefined, notes: string[]): string | undefined {
  if (given !== undefined) return dataDir === undefined ? given : ipcPathIn(dataDir.path, given)
  if (dataDir === undefined) return undefined
  const socket = ipcPathIn(dataDir.path)
  try {
    return ipcPath(socket)
  } catch (error) {
    // Nobody asked for this path, so it is no reason not to start.
    if (!(error instanceof EthspanError)) throw error
    notes.push(`There is no IPC socket: ${error.message}. ${error.hint ?? ''}`.trim())
    return undefined
  }
}

function jwtSecretIn(dataDir: DataDir | undefined): string {
  if (dataDir !== undefined) return path.join(dataDir.instancePath, JWT_FILE)
  throw new EthspanError('ERR_INVALID_OPTION', 'without a data directory the authenticated port needs a secret', {
    hint: 'Name its file with --authrpc.jwtsecret.',
  })
}

/** What to do where a way into the JSON-RPC can't be opened: by the fields of the error. Undefined where it is about none of them. */
export function rpcListenHint(
  { where, code }: EthspanError['fields'],
  { http, ws, auth }: RpcConfig,
): string | undefined {
  if (typeof where !== 'string') return undefined
  if (path.isAbsolute(where)) return 'Name another one with --ipcpath, or open none with --ipcdisable.'
  const flags: readonly [string, ListenAddress | undefined, boolean][] = [
    ['--http.', http, http.enabled],
    ['--ws.', ws, ws.enabled],
    ['--authrpc.', auth, auth !== undefined],
  ]
  const flag = flags.find(([, listen, isOpen]) => isOpen && where === hostPort(listen!.host, listen!.port))?.[0]
  return flag === undefined ? undefined : listenHint(`${code}`, flag)
}

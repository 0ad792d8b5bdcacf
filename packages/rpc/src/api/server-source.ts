import type { Server } from '@ethspan/core'
import { RpcError, RpcErrorCode } from '../rpc-error.js'

/** Where the methods find the p2p server: a node, or `{ server }`. Looked up at each call. */
export interface ServerSource {
  readonly server: Server | undefined
}

/** @throws {RpcError} -32000 in geth's words while there is none. */
export function serverOf(source: ServerSource): Server {
  const { server } = source
  if (server === undefined) throw new RpcError(RpcErrorCode.Server, 'node not started')
  return server
}

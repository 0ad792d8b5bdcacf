import { connect as connectSocket } from 'node:net'
import { abortError, EthspanError } from '@ethspan/core'
import { WebSocket } from 'ws'
import type { RequestOptions, RpcClient } from '../client/client.js'
import { DuplexClient } from '../client/duplex-client.js'
import { type HttpClientOptions, httpClient } from '../client/http-client.js'
import { ipcPath } from './ipc.js'
import { JsonStream } from './json-stream.js'

/** What one answer of a node may have in bytes. Ours: more than the largest batch. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024

/**
 * Connects to a node's JSON-RPC: `http(s)://…`, `ws(s)://…`, or the path of an IPC socket.
 * @throws {EthspanError} ERR_DIAL in one line; ERR_ABORTED.
 */
export async function connect(address: string, options: RequestOptions & HttpClientOptions = {}): Promise<RpcClient> {
  if (/^https?:\/\//i.test(address)) return httpClient(address, options)
  if (/^wss?:\/\//i.test(address)) return connectWs(address, options)
  return connectIpc(address, options)
}

async function connectWs(url: string, { signal, headers }: RequestOptions & HttpClientOptions): Promise<RpcClient> {
  const socket = new WebSocket(url, {
    headers: { ...(await headers?.()) },
    perMessageDeflate: false,
    maxPayload: MAX_ANSWER_BYTES,
  })
  const client = new DuplexClient({ send: (text) => socket.send(text), close: () => socket.close() })
  socket.on('message', (data) => client.receive(data.toString()))
  socket.once('close', (code) => client.ended(closedBy(url, `code ${code}`)))
  await opened(url, socket, 'open', () => socket.terminate(), signal)
  return client
}

async function connectIpc(path: string, { signal }: RequestOptions): Promise<RpcClient> {
  const socket = connectSocket(ipcPath(path))
  const stream = new JsonStream(MAX_ANSWER_BYTES)
  const client = new DuplexClient({ send: (text) => socket.write(`${text}\n`), close: () => socket.destroySoon() })
  socket.on('data', (chunk) => {
    try {
      for (const text of stream.push(chunk)) client.receive(text)
    } catch (cause) {
      client.ended(new EthspanError('ERR_CLOSED', `what ${path} sent can't be read`, { cause }))
      socket.destroy()
    }
  })
  socket.once('close', () => client.ended(closedBy(path, 'the connection ended')))
  await opened(path, socket, 'connect', () => socket.destroy(), signal)
  return client
}

const closedBy = (where: string, why: string): EthspanError => {
  return new EthspanError('ERR_CLOSED', `the node at ${where} is gone: ${why}`)
}

/** What the system's answers mean, in words. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket',
  ECONNREFUSED: 'nothing listens there',
  ENOTSOCK: 'it is no socket',
  EACCES: 'permission denied',
  ENOTFOUND: 'there is no host of this name',
}

const reasonOf = (error: Error): string => ('code' in error && REASONS[`${error.code}`]) || error.message

/** What both kinds of socket are, as far as opening goes. */
interface Opening {
  once(event: string, listener: (error: Error) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
}

function opened(
  where: string,
  socket: Opening,
  event: 'open' | 'connect',
  destroy: () => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      reject(abortError(signal as AbortSignal))
      destroy()
    }
    // Stays, because an error that nobody listens to ends the process; the close event tells the client.
    socket.on('error', (cause) => {
      reject(new EthspanError('ERR_DIAL', `can't reach a node at ${where}: ${reasonOf(cause)}`, { cause }))
    })
    socket.once(event, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
    if (signal?.aborted) onAbort()
  })
}

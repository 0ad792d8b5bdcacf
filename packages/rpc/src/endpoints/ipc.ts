import { chmod, lstat, mkdir, unlink } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { asError, EthspanError } from '@ethspan/core'
import type { EndpointContext, RpcEndpoint } from '@ethspan/node'
import { Dispatcher } from '../dispatcher.js'
import type { RpcLimits } from '../limits.js'
import { errorText, NULL_ID } from '../message.js'
import { RpcError, RpcErrorCode } from '../rpc-error.js'
import { DuplexConnection } from './duplex.js'
import { openEndpoint } from './http.js'
import { JsonStream } from './json-stream.js'
import { defaultEndpointLimits, type EndpointLimits } from './limits.js'
import { listenError } from './listen-error.js'

export interface IpcOptions {
  /** Of the socket file; on Windows the name of a pipe, `\\.\pipe\` is put before it where it is missing. */
  readonly path: string
  /** Namespaces to offer. Default all: the file's mode says who may connect. */
  readonly apis?: readonly string[]
  readonly limits?: Partial<RpcLimits & EndpointLimits>
}

/** What a path of a socket may have in bytes, the closing zero not counted. Source: unix(7); macOS has 104, Linux 108. */
const MAX_PATH_BYTES = process.platform === 'darwin' ? 103 : 107

const PIPE_PREFIX = '\\\\.\\pipe\\'

/**
 * JSON-RPC over a Unix socket that only its owner may use (mode 0600), or a named pipe on Windows. JSON values follow each
 * other in the stream; answers end with a newline.
 * @throws {EthspanError} ERR_INVALID_OPTION; `open` rejects with ERR_LISTEN where another node has the path.
 */
export function ipc(options: IpcOptions): RpcEndpoint {
  const path = ipcPath(options.path)
  return {
    name: 'ipc',
    async open(context) {
      const { apis, clock, log } = context
      const limits = { ...defaultEndpointLimits, ...options.limits }
      const dispatcher = new Dispatcher({
        apis,
        endpoint: 'ipc',
        ...(options.apis === undefined ? {} : { namespaces: options.apis }),
        limits: options.limits,
        clock,
        log,
      })
      const connections = new Map<Socket, DuplexConnection>()
      // A client that has said all may still wait for its answers.
      const server = createServer({ allowHalfOpen: true }, (socket) => {
        welcome(socket, dispatcher, connections, { ...context, limits })
      })
      server.maxConnections = limits.maxConnections
      await listen(server, path)
      server.on('error', (error) => log.warn('the IPC endpoint had an error', { path, error }))
      return openEndpoint(path, async () => {
        const closed = new Promise<void>((resolve) => server.close(() => resolve()))
        await Promise.all([...connections.values()].map((connection) => connection.close()))
        for (const socket of connections.keys()) socket.destroySoon()
        await closed
      })
    },
  }
}

/** The path as the platform wants it. @throws {EthspanError} ERR_INVALID_OPTION */
export function ipcPath(path: string): string {
  if (path === '') throw new EthspanError('ERR_INVALID_OPTION', 'the path of the IPC endpoint is empty')
  if (process.platform === 'win32') return path.startsWith(PIPE_PREFIX) ? path : PIPE_PREFIX + path
  const bytes = Buffer.byteLength(path)
  if (bytes <= MAX_PATH_BYTES) return path
  throw new EthspanError(
    'ERR_INVALID_OPTION',
    `the path of the IPC socket has ${bytes} bytes, but a socket's can't have more than ${MAX_PATH_BYTES}: ${path}`,
    { hint: 'Choose a shorter path with --ipcpath.' },
  )
}

async function listen(server: Server, path: string): Promise<void> {
  const what = 'JSON-RPC over IPC'
  try {
    if (process.platform !== 'win32') {
      await mkdir(dirname(path), { recursive: true, mode: 0o751 })
      await removeStale(path)
    }
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      privately(() => {
        server.listen(path, () => {
          server.off('error', reject)
          resolve()
        })
      })
    })
    if (process.platform !== 'win32') await chmod(path, 0o600)
  } catch (cause) {
    if (cause instanceof EthspanError) throw cause
    throw listenError(what, path, asError(cause))
  }
}

/** The socket is made within `bind`, so there is no moment in which others may connect; a worker can't set the mask. */
function privately(bind: () => void): void {
  if (!isMainThread || process.platform === 'win32') {
    bind()
    return
  }
  const mask = process.umask(0o177)
  try {
    bind()
  } finally {
    process.umask(mask)
  }
}

/** Removes the socket of a process that is gone. @throws {EthspanError} ERR_LISTEN where it lives, or is no socket. */
async function removeStale(path: string): Promise<void> {
  const refuse = (why: string) =>
    new EthspanError('ERR_LISTEN', `can't open JSON-RPC over IPC on ${path}: ${why}`, { fields: { where: path } })
  try {
    const stat = await lstat(path)
    if (!stat.isSocket()) throw refuse('there is a file that is not a socket')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
    throw error
  }
  if (await answers(path)) throw refuse('another node listens there')
  await unlink(path)
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error) => resolve('code' in error && error.code !== 'ECONNREFUSED'))
  })
}

function welcome(
  socket: Socket,
  dispatcher: Dispatcher,
  connections: Map<Socket, DuplexConnection>,
  { clock, log, limits }: EndpointContext & { readonly limits: EndpointLimits },
): void {
  const write = (text: string, done?: () => void) => socket.write(`${text}\n`, done)
  const connection = new DuplexConnection(
    dispatcher,
    {
      write,
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      end: () => socket.destroySoon(),
      destroy: () => socket.destroy(),
    },
    { clock, limits },
  )
  connections.set(socket, connection)
  const stream = new JsonStream(dispatcher.limits.bodyBytes)
  const hangUp = () => {
    socket.off('data', onData)
    socket.destroySoon()
  }
  const receive = async (text: string) => {
    // After something that is no JSON, the rest can't be told apart either.
    if (!(await connection.receive(text))) hangUp()
  }
  const onData = (chunk: Buffer) => {
    try {
      for (const text of stream.push(chunk)) {
        receive(text).catch((error) => log.error('a message was not answered', { error }))
      }
    } catch (error) {
      write(errorText(NULL_ID, new RpcError(RpcErrorCode.InvalidRequest, asError(error).message)))
      hangUp()
    }
  }
  socket.on('data', onData)
  socket.once('end', () => {
    connection.close().catch((error) => log.error('an IPC connection did not close well', { error }))
  })
  socket.on('error', (error) => log.debug('an IPC client broke the connection', { error }))
  socket.once('close', () => {
    connections.delete(socket)
    connection.ended(new EthspanError('ERR_CLOSED', 'the client is gone'))
  })
}

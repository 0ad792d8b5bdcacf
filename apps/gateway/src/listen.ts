import type { Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { EthspanError } from '@ethspan/core'
import { hostPort } from '@ethspan/core/netutil'

/** An HTTP server that listens. */
export interface OpenHttp {
  readonly port: number
  /** What a browser on this machine opens. */
  readonly url: string
  /** Closes it with every connection that is left. Idempotent. */
  close(): Promise<void>
}

/** How an error speaks of a server that can't listen. */
export interface ListenPurpose {
  /** Such as `for browsers`. */
  readonly forWhom: string
  /** What the flags for host and port begin with, such as `--web.`. */
  readonly flag: string
}

/**
 * Listens on `host:port`; port 0 is any free one.
 * @throws {EthspanError} ERR_LISTEN
 */
export async function listen(
  server: Server,
  host: string,
  port: number,
  purpose: ListenPurpose = { forWhom: 'for browsers', flag: '--web.' },
): Promise<OpenHttp> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    const failed = (cause: Error) => reject(listenError(cause, host, port, purpose))
    server.once('error', failed)
    server.listen(port, host, () => {
      server.off('error', failed)
      resolve()
    })
  })
  const bound = server.address() as AddressInfo
  return {
    port: bound.port,
    url: `http://${hostPort(onThisMachine(bound.address), bound.port)}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        // Upgraded sockets are no longer the server's, but it waits for them.
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Whether `host` stands for all addresses of this machine. */
export const isAnyAddress = (host: string) => host === '0.0.0.0' || host === '::'

const onThisMachine = (host: string) => (isAnyAddress(host) ? '127.0.0.1' : host)

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use',
  EACCES: 'permission denied',
  EADDRNOTAVAIL: 'this machine does not have the address',
  ENOTFOUND: 'the host name is unknown',
}

/**
 * What to do about a port that can't be opened.
 * @param code the system's name of the error
 * @param flag what the flags for host and port begin with, such as `--web.`
 */
export function listenHint(code: string, flag: string): string | undefined {
  const hints: Readonly<Record<string, string>> = {
    EADDRINUSE: `Name another one with ${flag}port, or 0 for any free one.`,
    EACCES: `Name a port from 1024 on with ${flag}port.`,
    EADDRNOTAVAIL: `Name one that it has with ${flag}addr.`,
    ENOTFOUND: `Name an address of this machine with ${flag}addr.`,
  }
  return hints[code]
}

function listenError(cause: Error, host: string, port: number, { forWhom, flag }: ListenPurpose): EthspanError {
  const code = (cause as NodeJS.ErrnoException).code ?? ''
  const why = REASONS[code] ?? cause.message
  const hint = listenHint(code, flag)
  return new EthspanError('ERR_LISTEN', `can't listen ${forWhom} on ${hostPort(host, port)}: ${why}`, {
    fields: { host, port },
    ...(hint === undefined ? {} : { hint }),
    cause,
  })
}

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
  /** What the flags for host and port begin with, such as `--web`. */
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
  purpose: ListenPurpose = { forWhom: 'for browsers', flag: '--web' },
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

function listenError(cause: Error, host: string, port: number, { forWhom, flag }: ListenPurpose): EthspanError {
  const reasons: Record<string, [why: string, hint: string]> = {
    EADDRINUSE: ['the port is in use', `Name another one with ${flag}.port, or 0 for any free one.`],
    EACCES: ['permission denied', `Name a port from 1024 on with ${flag}.port.`],
    EADDRNOTAVAIL: ['this machine does not have the address', `Name one that it has with ${flag}.addr.`],
    ENOTFOUND: ['the host name is unknown', `Name an address of this machine with ${flag}.addr.`],
  }
  const [why, hint] = reasons[(cause as NodeJS.ErrnoException).code ?? ''] ?? [cause.message, undefined]
  return new EthspanError('ERR_LISTEN', `can't listen ${forWhom} on ${hostPort(host, port)}: ${why}`, {
    fields: { host, port },
    ...(hint === undefined ? {} : { hint }),
    cause,
  })
}

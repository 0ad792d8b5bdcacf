import { EthspanError } from '@ethspan/core'
import { plainIp } from '@ethspan/core/netutil'

/** `host:port`, IPv6 in brackets, IPv4-mapped IPv6 as IPv4. */
export function formatAddress(host: string, port: number): string {
  const ip = plainIp(host)
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
}

/** What the system's answers mean, in words. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the other side reset the connection',
  EPIPE: 'the other side had closed it',
  EHOSTUNREACH: 'the host is unreachable',
  ENETUNREACH: 'the network is unreachable',
  ETIMEDOUT: 'it did not answer in time',
  ENOTFOUND: 'there is no host of this name',
  EAI_AGAIN: 'the name could not be looked up for now',
  EACCES: 'the system does not permit it',
  EPERM: 'the system does not permit it',
  EMFILE: 'this process has too many files and sockets open',
  ENFILE: 'the system has too many files and sockets open',
  EADDRNOTAVAIL: 'this machine has no such address',
}

/** Node's `code` of a system error, such as `ECONNREFUSED`. */
export function systemCode(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

function why(error: Error): string {
  const code = systemCode(error)
  const words = code === undefined ? undefined : REASONS[code]
  return words === undefined ? error.message : `${words} (${code})`
}

export function dialError(address: string, error: Error): EthspanError {
  // A name with several addresses fails with one error for each of them; the first says enough.
  const first = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error
  return new EthspanError('ERR_DIAL', `can't connect to ${address}: ${why(first)}`, {
    fields: { address, errno: systemCode(first) },
    cause: error,
  })
}

/** What ended a connection that was open. */
export function closedError(address: string, error: Error): EthspanError {
  return new EthspanError('ERR_CLOSED', `the connection to ${address} broke: ${why(error)}`, {
    fields: { address, errno: systemCode(error) },
    cause: error,
  })
}

export function listenError(host: string, port: number, error: Error): EthspanError {
  const address = formatAddress(host, port)
  const code = systemCode(error)
  const details = { fields: { host, port, errno: code }, cause: error }
  if (code === 'EADDRINUSE') {
    return new EthspanError('ERR_LISTEN', `port ${port} on ${host} is taken by another program`, {
      ...details,
      hint: 'Choose another port, or 0 for any free one.',
    })
  }
  if (code === 'EACCES') {
    return new EthspanError('ERR_LISTEN', `port ${port} on ${host} may not be opened by this user (EACCES)`, {
      ...details,
      hint: 'Choose a port above 1023.',
    })
  }
  return new EthspanError('ERR_LISTEN', `can't listen on ${address}: ${why(error)}`, details)
}

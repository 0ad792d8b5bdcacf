import { EthspanError } from '@ethspan/core'

/** One line on why nothing could be opened at `where`. `what` completes "can't open …". */
export function listenError(what: string, where: string, cause: unknown): EthspanError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined
  const why = code === undefined ? String(cause) : (words[code] ?? (cause as Error).message)
  return new EthspanError('ERR_LISTEN', `can't open ${what} on ${where}: ${why}`, {
    fields: { where, code },
    hint: code === 'EADDRINUSE' ? 'Stop the other program, or choose another port.' : undefined,
    cause,
  })
}

const words: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'it is not allowed',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such host',
}

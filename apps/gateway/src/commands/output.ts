import { asError, EthspanError } from '@ethspan/core'
import { ConsoleError } from '../console/remote.js'

/** Where a command's text goes. */
export interface Output {
  /** Standard output: what was asked for. */
  out(text: string): void
  /** Standard error: what went wrong, and notes. */
  err(text: string): void
}

/** Exit code for everything that goes wrong, but for a command line that can't be understood. */
export const FAILURE = 1

/** JSON for scripts: indented, a line break at the end. */
export const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** One line: what is wrong and what to do about it. An error nobody expected brings its stack. */
export function errorLine(error: unknown): string {
  if (error instanceof ConsoleError) return error.message
  if (!(error instanceof EthspanError)) return asError(error).stack ?? asError(error).message
  const { message, hint } = error
  return (hint === undefined ? message : `${message.replace(/\.$/, '')}. ${hint}`).replace(/\s*\n\s*/g, ' ')
}

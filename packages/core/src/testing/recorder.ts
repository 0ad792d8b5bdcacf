import type { LogFields, Logger } from '../platform/logger.js'

/** What was logged at once. */
export interface LogLine {
  readonly level: keyof Logger
  readonly message: string
  readonly fields: LogFields
}

/** A logger whose lines can be looked at, in the order in which they came. */
export function recorder(): { readonly log: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = []
  const level =
    (name: keyof Logger) =>
    (message: string, fields: LogFields = {}) => {
      lines.push({ level: name, message, fields })
    }
  const log = {
    trace: level('trace'),
    debug: level('debug'),
    info: level('info'),
    warn: level('warn'),
    error: level('error'),
  }
  return { log, lines }
}

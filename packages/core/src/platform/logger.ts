/** Values a log line carries beside its message. */
export type LogFields = Readonly<Record<string, unknown>>

/** Where a node's log lines go. The console, pino or any other logger is adapted in a few lines. */
export interface Logger {
  trace(message: string, fields?: LogFields): void
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

const ignore = () => {}

/** The default: says nothing. */
export const silentLogger: Logger = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore }

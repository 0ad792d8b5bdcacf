import type { LogFields, Logger } from '@ethspan/core'

/** `log` with the field `module` on every line, by which whoever prints them can choose. */
export function moduleLogger(log: Logger, module: string): Logger {
  const within = (fields?: LogFields): LogFields => ({ module, ...fields })
  return {
    trace: (message, fields) => log.trace(message, within(fields)),
    debug: (message, fields) => log.debug(message, within(fields)),
    info: (message, fields) => log.info(message, within(fields)),
    warn: (message, fields) => log.warn(message, within(fields)),
    error: (message, fields) => log.error(message, within(fields)),
  }
}

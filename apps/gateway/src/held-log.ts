import type { LogFields, Logger } from '@ethspan/core'

/** Lines that are held at most; a start tells some ten. */
const MAX_HELD = 1_000

/** A logger whose news wait until it is known what became of a start: its failure is one line, not a story. */
export interface HeldLog extends Logger {
  /** Tells what was held, and from now on everything at once. */
  release(): void
}

/** Holds lines of the level `info`; warnings and errors are told at once, and so is what those get who debug. */
export function holdLog(log: Logger): HeldLog {
  let held: (() => void)[] | undefined = []
  return {
    trace: log.trace.bind(log),
    debug: log.debug.bind(log),
    warn: log.warn.bind(log),
    error: log.error.bind(log),
    info(message: string, fields?: LogFields) {
      if (held === undefined || held.length === MAX_HELD) log.info(message, fields)
      else held.push(() => log.info(message, fields))
    },
    release() {
      const lines = held ?? []
      held = undefined
      for (const tell of lines) tell()
    },
  }
}

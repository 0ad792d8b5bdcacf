import { EthspanError, type LogFields, type Logger } from '@ethspan/core'
import { cleanText } from '@ethspan/protocols'
import { type DestinationStream, destination, pino } from 'pino'
import pretty from 'pino-pretty'

export type LogFormat = 'terminal' | 'json' | 'logfmt'

export interface LogOptions {
  /** geth's: 0 silent, 1 error, 2 warn, 3 info, 4 debug, 5 trace. */
  readonly verbosity: number
  readonly format: LogFormat
}

const levels = ['silent', 'error', 'warn', 'info', 'debug', 'trace'] as const

/** Characters of a text in a log line; a peer may send what it likes. */
const MAX_TEXT = 300

/** A logger for lines on standard error, each written at once: nothing is lost when the process ends. */
export function createLog(options: LogOptions, stream: DestinationStream = streamOf(options.format)): Logger {
  const level = levels[options.verbosity] ?? 'info'
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  )
  const write = (at: keyof Logger) => (message: string, fields?: LogFields) => {
    if (log.isLevelEnabled(at)) log[at](plainFields(fields), cleanText(message, MAX_TEXT))
  }
  return {
    trace: write('trace'),
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  }
}

function streamOf(format: LogFormat): DestinationStream {
  const stderr = destination({ dest: 2, sync: true })
  if (format === 'json') return stderr
  if (format === 'logfmt') return logfmt(stderr)
  const colorize = process.stderr.isTTY === true && process.env.NO_COLOR === undefined
  return pretty({
    destination: stderr,
    sync: true,
    colorize,
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
    errorLikeObjectKeys: [],
  })
}

/** Writes each line of pino's JSON as `key=value` pairs, with geth's names of the first three. */
export function logfmt(target: DestinationStream): DestinationStream {
  return {
    write(line) {
      const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>
      const pairs = Object.entries({ t: time, lvl: level, msg, ...fields })
      target.write(`${pairs.map(([key, value]) => `${key}=${logfmtValue(value)}`).join(' ')}\n`)
    },
  }
}

function logfmtValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text === '' || /[\s"=]/.test(text) ? JSON.stringify(text) : text
}

/** Fields as they go into a line: errors as their message, bytes as hex, text without what could control a terminal. */
function plainFields(fields: LogFields = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, plain(value)]))
}

function plain(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value, MAX_TEXT)
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Error) return cleanText(errorText(value), MAX_TEXT)
  if (value instanceof Uint8Array) return Buffer.from(value.subarray(0, MAX_TEXT / 2)).toString('hex')
  return value
}

/** An error in a line. Ours say it all; of others the cause may say more. */
export function errorText(error: Error): string {
  const { cause, message } = error
  if (error instanceof EthspanError || !(cause instanceof Error) || message.includes(cause.message)) return message
  return `${message}: ${errorText(cause)}`
}

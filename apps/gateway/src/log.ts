import { EthspanError, type LogFields, type Logger } from '@ethspan/core'
import { cleanText } from '@ethspan/protocols'
import { type DestinationStream, destination, pino } from 'pino'
import { prettyFactory } from 'pino-pretty'

export type LogFormat = 'terminal' | 'json' | 'logfmt'

export interface LogOptions {
  /** geth's: 0 silent, 1 error, 2 warn, 3 info, 4 debug, 5 trace. */
  readonly verbosity: number
  readonly format: LogFormat
  /** Levels of modules, which then do not keep to `verbosity`. Of several rules that fit, the last one counts. */
  readonly vmodule?: readonly ModuleLevel[]
}

/** A rule of geth's `--log.vmodule`. */
export interface ModuleLevel {
  /** A module such as `p2p`, or `eth/*` for all below `eth`. */
  readonly pattern: string
  /** As `verbosity`. */
  readonly level: number
}

const levels = ['silent', 'error', 'warn', 'info', 'debug', 'trace'] as const

/** Characters of a text in a log line; a peer may send what it likes. */
const MAX_TEXT = 300

/** Bytes of lines that may wait where they can't be written, as on a full disk: some thousand lines. */
const MAX_UNWRITTEN = 1024 * 1024

/** Values of a list or record in a log line, and how deep they may lie: more is not for a line. */
const MAX_ITEMS = 32
const MAX_DEPTH = 4

/** What a line has beside its fields; a field of that name gets an underscore, or it would pass for the line's own. */
const RESERVED = new Set(['time', 'level', 'msg', 't', 'lvl'])

/**
 * A logger for lines on standard error, each written at once: nothing is lost when the process ends. The field `module` says
 * which part of the program speaks, and `vmodule` how much of it is heard.
 */
export function createLog(options: LogOptions, stream: DestinationStream = streamOf(options.format)): Logger {
  const { vmodule = [] } = options
  const base = levelAt(options.verbosity)
  const threshold = levelsOfModules(vmodule, base)
  const log = pino(
    {
      level: levels[Math.max(base, ...vmodule.map(({ level }) => levelAt(level)))] ?? 'info',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  )
  const write = (at: keyof Logger) => {
    const own = levels.indexOf(at)
    return (message: string, fields?: LogFields) => {
      if (own <= threshold(fields?.module)) log[at](plainFields(fields), cleanText(message, MAX_TEXT))
    }
  }
  return {
    trace: write('trace'),
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  }
}

const levelAt = (verbosity: number) => Math.min(Math.max(Math.trunc(verbosity), 0), levels.length - 1)

/** Which level a module is heard up to. */
function levelsOfModules(rules: readonly ModuleLevel[], base: number): (module: unknown) => number {
  const latestFirst = [...rules].reverse()
  const fits = (pattern: string, module: string) =>
    pattern.endsWith('/*') ? module.startsWith(pattern.slice(0, -1)) : module === pattern
  return (module) => {
    if (typeof module !== 'string') return base
    const rule = latestFirst.find(({ pattern }) => fits(pattern, module))
    return rule === undefined ? base : levelAt(rule.level)
  }
}

/**
 * Reads geth's `--log.vmodule`, such as `p2p=4,rpc=5`.
 * @throws {EthspanError} ERR_INVALID_OPTION naming the part that can't be read
 */
export function parseVmodule(text: string): ModuleLevel[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [, pattern, level] = /^([A-Za-z0-9._/-]+(?:\/\*)?)=([0-5])$/.exec(part) ?? []
      if (pattern !== undefined && level !== undefined) return { pattern, level: Number(level) }
      throw new EthspanError('ERR_INVALID_OPTION', `"${cleanText(part, MAX_TEXT)}" is not a module and its level`, {
        hint: 'Such as p2p=4,rpc=5: a module, or <module>/*, and a level from 0 to 5.',
      })
    })
}

function streamOf(format: LogFormat): DestinationStream {
  const stderr = standardError()
  if (format === 'json') return stderr
  if (format === 'logfmt') return logfmt(stderr)
  return terminal(stderr, process.stderr.isTTY === true && process.env.NO_COLOR === undefined)
}

/** A disk that is full under a log ends no node: what can't be written waits up to a limit, then lines are left out. */
function standardError(): DestinationStream {
  const stderr = destination({ dest: 2, sync: true, maxLength: MAX_UNWRITTEN })
  stderr.on('error', () => undefined)
  return stderr
}

/** Writes each line of pino's JSON as text for people. */
export function terminal(target: DestinationStream, colorize: boolean): DestinationStream {
  const print = prettyFactory({
    colorize,
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
    errorLikeObjectKeys: [],
    // For people the module is where they look first, not one field among others.
    ignore: 'module',
    messageFormat: (line, messageKey) =>
      [line.module, line[messageKey]].filter((part) => part !== undefined).join(': '),
  })
  return { write: (line) => target.write(print(line)) }
}

/** Writes each line of pino's JSON as `key=value` pairs, with geth's names of the first three. */
export function logfmt(target: DestinationStream): DestinationStream {
  return {
    write(line) {
      const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>
      const pairs = Object.entries({ t: time, lvl: level, msg, ...fields })
      target.write(`${pairs.map(([key, value]) => `${key.replace(/[\s"=]/g, '_')}=${logfmtValue(value)}`).join(' ')}\n`)
    },
  }
}

function logfmtValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text === '' || /[\s"=]/.test(text) ? JSON.stringify(text) : text
}

/**
 * Fields as they go into a line: errors as their message, bytes as hex, text without what could control a terminal or begin
 * a line of its own. At any depth, and names too: a service may log what a peer sent as it is.
 */
function plainFields(fields: LogFields = {}): Record<string, unknown> {
  return plainRecord(fields, 0, (key) => (RESERVED.has(key) ? `${key}_` : key))
}

function plainRecord(
  record: object,
  depth: number,
  rename: (key: string) => string = (key) => key,
): Record<string, unknown> {
  const entries = Object.entries(record).slice(0, MAX_ITEMS)
  return Object.fromEntries(entries.map(([key, value]) => [rename(cleanText(key, MAX_TEXT)), plain(value, depth)]))
}

function plain(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cleanText(value, MAX_TEXT)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'function' || typeof value === 'symbol') return typeof value
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return cleanText(errorText(value), MAX_TEXT)
  if (value instanceof Uint8Array) return Buffer.from(value.subarray(0, MAX_TEXT / 2)).toString('hex')
  if (depth >= MAX_DEPTH) return '…'
  if ('toJSON' in value && typeof value.toJSON === 'function') return plain(value.toJSON(), depth + 1)
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => plain(item, depth + 1))
  return plainRecord(value, depth + 1)
}

/** An error in a line. Ours say it all; of others the cause may say more. */
export function errorText(error: Error): string {
  const { cause, message } = error
  if (error instanceof EthspanError || !(cause instanceof Error) || message.includes(cause.message)) return message
  return `${message}: ${errorText(cause)}`
}

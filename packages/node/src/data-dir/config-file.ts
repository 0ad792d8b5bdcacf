import { readFileSync } from 'node:fs'
import { asError, EthspanError } from '@ethspan/core'
import { parse, TomlError } from 'smol-toml'
import { systemErrorText } from './system-error.js'

/** In a table, the flag that is called like the table: `[http]` with `enabled = true` is `--http`. */
const OWN_FLAG = 'enabled'

/**
 * The values of a TOML file by the names of the flags: `port` in the table `[web]` is `web.port`. A value is what TOML has:
 * text, number, boolean, date, or an array. Which names and values there may be is up to the caller.
 * @throws {EthspanError} ERR_INVALID_OPTION, one line with file, line and column
 */
export function readConfigFile(file: string): Record<string, unknown> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw configError(`can't read the config file ${file}: ${systemErrorText(cause)}`, file, cause)
  }
  const flags: Record<string, unknown> = Object.create(null)
  try {
    flatten(parse(text), '', flags)
  } catch (cause) {
    throw configError(`${file}${placeOf(cause)}: ${reasonOf(cause)}`, file, cause)
  }
  return flags
}

function flatten(table: Readonly<Record<string, unknown>>, prefix: string, flags: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(table)) {
    const name = prefix === '' ? key : key === OWN_FLAG ? prefix : `${prefix}.${key}`
    if (isTable(value)) flatten(value, name, flags)
    else if (name in flags) throw new TypeError(`"${name}" is set twice`)
    else flags[name] = value
  }
}

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

const placeOf = (error: unknown) => (error instanceof TomlError ? `:${error.line}:${error.column}` : '')

/** The library adds the lines around the place, which has been named. */
const reasonOf = (error: unknown) =>
  asError(error)
    .message.split('\n', 1)[0]!
    .replace(/^Invalid TOML document: /, '')

const configError = (message: string, file: string, cause: unknown) =>
  new EthspanError('ERR_INVALID_OPTION', message, { fields: { file }, cause })

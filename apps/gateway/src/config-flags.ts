// `--config`: flags in a TOML file, under the same names as on the command line, which wins.
import { EthspanError } from '@ethspan/core'
import { readConfigFile } from '@ethspan/node/data-dir'
import { type Command, InvalidArgumentError, type Option } from 'commander'
import { CHAIN_CHOICES } from './chain-flags.js'

/** Make no sense in the file itself. */
const NOT_IN_A_FILE = ['config', 'help', 'version']
/** Options of which one counts. */
const RIVALS: readonly { readonly names: readonly string[]; readonly what: string }[] = [
  { names: ['nodekey', 'nodekeyhex'], what: 'keys' },
  { names: CHAIN_CHOICES, what: 'chains' },
]

/**
 * Sets the options of `command` that the file names and the command line does not.
 * @throws {EthspanError} ERR_INVALID_OPTION, one line: the file, the name in it, and what is wrong
 */
export function applyConfigFile(command: Command, file: string): void {
  const fail = (name: string, why: string) => {
    throw new EthspanError('ERR_INVALID_OPTION', `${file}: ${name}: ${why}`, { fields: { file, name } })
  }
  const values = readConfigFile(file)
  for (const { names, what } of RIVALS) {
    const [one, other] = names.filter((name) => name in values && values[name] !== false)
    if (other !== undefined) {
      throw new EthspanError('ERR_INVALID_OPTION', `${file}: ${one} and ${other} are two ${what}: name one`)
    }
  }
  for (const [name, value] of Object.entries(values)) {
    const option = command.options.find(({ long, negate }) => long === `--${name}` && !negate)
    if (option === undefined || NOT_IN_A_FILE.includes(name)) {
      throw new EthspanError('ERR_INVALID_OPTION', `${file}: there is no flag called ${name}`, {
        fields: { file, name },
      })
    }
    if (isOverruled(command, option)) continue
    const read = option.isBoolean() ? readBoolean(value) : readText(value)
    if (read === undefined)
      fail(name, option.isBoolean() ? 'It is not true or false.' : 'It is not text, a number or a list of these.')
    else setValue(command, option, read, (why) => fail(name, why))
  }
}

/** Whether the command line has the option, or one that it can't be used with. */
function isOverruled(command: Command, option: Option): boolean {
  const own = option.attributeName()
  const rivals = RIVALS.find(({ names }) => names.includes(own))?.names ?? [own]
  return rivals.some((name) => command.getOptionValueSource(name) === 'cli')
}

function setValue(command: Command, option: Option, value: string | boolean, fail: (why: string) => void): void {
  const { argChoices, parseArg } = option
  if (argChoices !== undefined && !argChoices.includes(String(value)))
    fail(`Allowed choices are ${argChoices.join(', ')}.`)
  try {
    const parsed = typeof value === 'string' && parseArg !== undefined ? parseArg(value, undefined) : value
    command.setOptionValueWithSource(option.attributeName(), parsed, 'config')
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error
    fail(error.message)
  }
}

const readBoolean = (value: unknown) => (typeof value === 'boolean' ? value : undefined)

/** A value as it would stand on the command line. */
function readText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (!Array.isArray(value)) return undefined
  const items = value.map((item: unknown) => (Array.isArray(item) ? undefined : readText(item)))
  return items.every((item) => item !== undefined) ? items.join(',') : undefined
}

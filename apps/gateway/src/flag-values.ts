// The values of the command line's flags: text in, checked value out. commander adds which flag is meant.
import { isIP } from 'node:net'
import { asError, Enode } from '@ethspan/core'
import { InvalidArgumentError } from 'commander'
import { type ModuleLevel, parseVmodule } from './log.js'

/** A whole number from `min` to `max`. */
export const integer = (min: number, max: number) => (text: string) => {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) throw new InvalidArgumentError(`It is not a number from ${min} to ${max}.`)
  return value
}

/** Longest time a flag may ask for, milliseconds. */
const MAX_DURATION = 3_600_000

/** A time as geth has it, `500ms`, `5s` or `1m`, in milliseconds. */
export const duration = (text: string) => {
  const [, digits, unit = ''] = /^(\d{1,9})(ms|s|m)$/.exec(text) ?? []
  const ms = Number(digits) * ({ ms: 1, s: 1_000, m: 60_000 }[unit] ?? Number.NaN)
  if (!(ms >= 1 && ms <= MAX_DURATION)) throw new InvalidArgumentError('It is not a time such as 500ms, 5s or 1m.')
  return ms
}

/** Digits after the point that an ether has. */
const DECIMALS = 18

/** Ether, such as `0.5`, in wei. */
export const coins = (text: string) => {
  const [, whole, fraction = ''] = /^(\d{1,9})(?:\.(\d{1,18}))?$/.exec(text) ?? []
  if (whole === undefined) throw new InvalidArgumentError('It is not a number of ether such as 0.5.')
  return BigInt(whole + fraction.padEnd(DECIMALS, '0'))
}

/** Values between commas; the flag may also be given several times. */
function list(text: string, previous: readonly string[] | undefined, check: (item: string) => string): string[] {
  const items = text.split(',').map((item) => item.trim())
  if (items.includes('')) throw new InvalidArgumentError('An item of the list is empty.')
  return [...(previous ?? []), ...items.map(check)]
}

/** Node URLs and records. */
export const nodes = (text: string, previous?: readonly string[]) =>
  list(text, previous, (item) => {
    try {
      Enode.parse(item)
      return item
    } catch (error) {
      throw new InvalidArgumentError(sentence(asError(error).message))
    }
  })

/** Networks in CIDR notation. */
export const networks = (text: string, previous?: readonly string[]) =>
  list(text, previous, (item) => {
    const [base = '', bits = '', ...rest] = item.split('/')
    const max = isIP(base) === 4 ? 32 : 128
    if (isIP(base) === 0 || rest.length > 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > max) {
      throw new InvalidArgumentError(`"${item}" is not a network such as 10.0.0.0/8.`)
    }
    return item
  })

/** Web origins, or `*`. */
export const origins = (text: string, previous?: readonly string[]) =>
  list(text, previous, (item) => {
    if (item === '*') return item
    const url = parseHttpUrl(item)
    if (url?.href !== `${url?.origin}/`) {
      throw new InvalidArgumentError(`"${item}" is not an origin such as https://example.org.`)
    }
    return url.origin
  })

/** Words between commas: namespaces, host names, origins as geth takes them. An empty text is an empty list. */
export const words = (text: string, previous?: readonly string[]) =>
  text === '' ? [...(previous ?? [])] : list(text, previous, (item) => item)

/** A URL of a WebSocket. */
export const webSocketUrl = (text: string) => {
  if (!URL.canParse(text) || !/^wss?:$/.test(new URL(text).protocol)) {
    throw new InvalidArgumentError('It is not a URL such as wss://example.org/p2p.')
  }
  return text
}

/** An IP address; a node's record can hold nothing else. */
export const ip = (text: string) => {
  if (isIP(text) === 0) throw new InvalidArgumentError('It is not an IP address.')
  return text
}

/** An http or https URL whose path, if there is one, is a prefix of every path here. */
export const externalUrl = (text: string) => {
  const url = parseHttpUrl(text)
  if (url === undefined) throw new InvalidArgumentError('It is not a URL such as https://example.org/.')
  return url
}

function parseHttpUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  const isPlain = url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  return /^https?:$/.test(url.protocol) && isPlain ? url : undefined
}

/** An IP address or a host name; whether it is this machine's is found out by listening. */
export const address = (text: string) => {
  if (isIP(text) === 0 && !/^[a-z]([a-z0-9.-]*[a-z0-9])?$/i.test(text)) {
    throw new InvalidArgumentError('It is not an IP address or a host name (a port has its own flag).')
  }
  return text
}

/** Levels of modules, as geth's `--log.vmodule`. */
export const moduleLevels = (text: string, previous?: readonly ModuleLevel[]) => {
  try {
    return [...(previous ?? []), ...parseVmodule(text)]
  } catch (error) {
    throw new InvalidArgumentError(sentence(asError(error).message))
  }
}

/** A part of the client's name. */
export const identity = (text: string) => {
  if (!/^[A-Za-z0-9._-]{1,32}$/.test(text)) {
    throw new InvalidArgumentError('It is not 1 to 32 letters, digits, dots, dashes and underscores.')
  }
  return text
}

/** Names of files; one with a comma in it can't be given. */
export const files = (text: string, previous?: readonly string[]) => list(text, previous, (item) => item)

/** A number of 64 bits by which nodes find those of their network; 0 is none. */
export const networkId = (text: string) => {
  const value = /^\d{1,20}$/.test(text) ? BigInt(text) : 0n
  if (value < 1n || value >= 2n ** 64n) throw new InvalidArgumentError('It is not a number from 1 to 2^64 - 1.')
  return value
}

export const blockNumber = (text: string) => {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It is not the number of a block.')
  return BigInt(text)
}

/** The hash of a block, lower case. */
export const blockHash = (text: string) => {
  if (!/^0x[0-9a-f]{64}$/i.test(text)) throw new InvalidArgumentError('It is not 0x and 64 hex digits.')
  return text.toLowerCase()
}

/** Where a node reports how it does: geth's `--ethstats`. The rest is read by who reports. */
export const ethstatsTarget = (text: string) => {
  if (!/^.+:.+@[^@]+$/.test(text)) throw new InvalidArgumentError('It is not name:secret@host:port.')
  return text
}

export const nonEmpty = (text: string) => {
  if (text === '') throw new InvalidArgumentError('It is empty.')
  return text
}

const sentence = (text: string) => `${text[0]?.toUpperCase() ?? ''}${text.slice(1).replace(/\.?$/, '.')}`

// Where and as whom to report: geth's `--ethstats`.
import { EthspanError } from '@ethspan/core'
import { MAX_NAME } from './limits.js'

/** What an ethstats URL says. */
export interface StatsTarget {
  /** The node's name on the page. */
  readonly name: string
  readonly secret: string
  /** In the order in which they are tried: `wss://…/api`, then `ws://…/api` where no scheme was given. */
  readonly urls: readonly string[]
}

/** The path at which every ethstats server listens. */
export const API_PATH = '/api'

const FORM = 'name:secret@host:port'

/** Whether a node may have this name: 1 to 64 code points, none of them invisible or of control. */
export const isStatsName = (name: string): boolean =>
  name.trim() === name && name !== '' && [...name].length <= MAX_NAME && !/\p{C}/u.test(name)

/**
 * Reads `name:secret@host:port`, with `ws://` or `wss://` before it or before the host. As in geth the last `@` and the
 * last `:` before it count, so that a name may hold both.
 * @throws {EthspanError} ERR_INVALID_OPTION; the message never holds the secret
 */
export function parseStatsUrl(text: string): StatsTarget {
  const outer = schemeOf(text)
  const plain = text.slice(outer.length)
  const at = plain.lastIndexOf('@')
  if (at === -1) throw invalid('it has no @ between secret and host')
  const colon = plain.lastIndexOf(':', at)
  if (colon === -1) throw invalid('it has no : between name and secret')
  const [name, secret, address] = [plain.slice(0, colon), plain.slice(colon + 1, at), plain.slice(at + 1)]
  if (!isStatsName(name)) throw invalid(`the name is not 1 to ${MAX_NAME} visible characters`)
  if (secret === '') throw invalid('the secret is empty')
  const inner = schemeOf(address)
  if (outer !== '' && inner !== '') throw invalid(`it has both ${outer} and ${inner}`)
  const place = readPlace(address.slice(inner.length))
  const scheme = outer || inner
  const schemes = scheme === '' ? ['wss://', 'ws://'] : [scheme]
  return { name, secret, urls: schemes.map((each) => `${each}${place}${API_PATH}`) }
}

/** `ws://` or `wss://`, or nothing. */
function schemeOf(text: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*:\/\/)/i.exec(text)?.[1]?.toLowerCase() ?? ''
  if (scheme === '' || scheme === 'ws://' || scheme === 'wss://') return scheme
  throw invalid(`${scheme} is not ws:// or wss://`)
}

/** `host`, `host:port`, perhaps with the path of a proxy, without the slash at its end. */
function readPlace(text: string): string {
  if (text === '') throw invalid('the host is missing')
  if (/[?#\\\s]/.test(text)) throw invalid('behind the @ only a host, a port and a path may stand')
  const port = /^(?:\[[^\]]*\]|[^/:[]*):([^/]*)/.exec(text)?.[1]
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) <= 65_535)) {
    throw invalid('the port is not 1 to 65535')
  }
  if (!URL.canParse(`ws://${text}`)) throw invalid('the host is no host name and no IP address')
  // Not URL's `host`, which leaves a default port out: it is the default of one scheme of the two.
  const { hostname, pathname } = new URL(`ws://${text}`)
  return `${hostname}${port === undefined ? '' : `:${Number(port)}`}${pathname.replace(/\/+$/, '')}`
}

const invalid = (why: string): EthspanError =>
  new EthspanError('ERR_INVALID_OPTION', `the ethstats URL is not ${FORM}: ${why}`, {
    hint: 'Such as my-node:the-secret@stats.example.org:443, with wss:// or ws:// before it to try only that.',
  })

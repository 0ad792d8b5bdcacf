// Names in Hello follow geth's pattern, `client/identity/version/platform`, where the identity is optional.
import { clean, MAX_NAME } from './clean.js'

/** Longest nickname; code points. Short enough for a label in the graph. */
export const MAX_NICKNAME = 24

export interface ClientName {
  /** `Geth`, `ethspan-tab`. */
  readonly client: string
  /** The name its owner gave it; empty where there is none. */
  readonly identity: string
  /** `v1.17.10-stable`; empty where there is none. */
  readonly version: string
}

const isVersion = (part: string): boolean => /^v?\d+(\.\d|$)/.test(part)

export function parseClientName(name: string): ClientName {
  const [client = '', second = '', third = ''] = name.slice(0, 2048).split('/')
  const hasIdentity = second !== '' && !isVersion(second)
  return {
    client: clean(client, MAX_NAME),
    identity: hasIdentity ? clean(second, MAX_NICKNAME) : '',
    version: clean(hasIdentity ? third : second, MAX_NAME),
  }
}

/** What to call a node: its owner's name for it, or else its client's. */
export function displayName(name: string): string {
  const { client, identity } = parseClientName(name)
  return identity || client || 'nameless'
}

/** A nickname that stays one part of a client name, or undefined when nothing readable is left of it. */
export function cleanNickname(text: string): string | undefined {
  const nickname = clean(text.replaceAll('/', ' '), MAX_NICKNAME)
  return nickname === '' || isVersion(nickname) ? undefined : nickname
}

/** The name a tab tells in Hello. */
export const tabName = (nickname: string, version: string, browser: string): string =>
  `ethspan-tab/${nickname}/v${version}/${browser}`

/** The browser's family, from its user agent. Enough for people; nothing is decided by it. */
export function browserFamily(userAgent: string): string {
  if (/firefox\//i.test(userAgent)) return 'firefox'
  if (/edg\//i.test(userAgent)) return 'edge'
  if (/chrom(e|ium)\/|crios\//i.test(userAgent)) return 'chromium'
  if (/safari\//i.test(userAgent)) return 'safari'
  return 'browser'
}

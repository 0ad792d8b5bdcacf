import { hostname } from 'node:os'

/** What an origin, or a rule for origins, says; a part that is undefined matches any. */
interface OriginParts {
  readonly scheme: string | undefined
  readonly host: string | undefined
  readonly port: string | undefined
}

/**
 * Whether pages of this origin may open a WebSocket, by geth's rules: a rule without scheme or port leaves it open, `*`
 * stands for all, and without rules pages of this machine may. A request without Origin is no browser's and passes.
 */
export function originMayConnect(origin: string | undefined, rules: readonly string[]): boolean {
  if (origin === undefined || rules.includes('*')) return true
  const asked = partsOf(origin)
  if (asked === undefined) return false
  const given = rules.filter((rule) => rule !== '')
  const effective = given.length > 0 ? given : ['http://localhost', `http://${hostname()}`]
  return effective.some((rule) => {
    const allowed = partsOf(rule)
    if (allowed === undefined) return false
    return (['scheme', 'host', 'port'] as const).every((part) => (allowed[part] ?? asked[part]) === asked[part])
  })
}

/** `scheme://host:port`, `host:port` or `host`; undefined for what is none of these. A default port is no port. */
function partsOf(text: string): OriginParts | undefined {
  const match = /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^/?#@\s]*?)(?::(\d+))?\/?$/.exec(text.toLowerCase())
  if (match === null) return undefined
  const [, scheme, host, port] = match
  return { scheme, host: host === '' ? undefined : host, port }
}

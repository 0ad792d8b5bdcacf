import { isIP } from 'node:net'

/**
 * Whether a request's Host is one that may be asked for: geth's virtual hosts. Against DNS rebinding, where a page's own
 * name suddenly means this machine: the browser then sends that name. Addresses pass, and so does a request without Host,
 * which no browser sends.
 * @param vhosts names, `*` for any
 */
export function hostAllowed(host: string | undefined, vhosts: readonly string[]): boolean {
  if (host === undefined || host === '') return true
  const name = hostName(host).toLowerCase()
  if (isIP(name) !== 0 || vhosts.includes('*')) return true
  return vhosts.some((vhost) => vhost.toLowerCase() === name)
}

/** The host of `host:port`, without the brackets of IPv6; the whole where it is not of this form. */
function hostName(host: string): string {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host)
  return match?.[1] ?? match?.[2] ?? host
}

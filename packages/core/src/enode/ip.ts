// IP addresses and host names as text and as bytes. Node's `net` knows them, a browser does not.

/** The longest name that DNS can carry, as text without the trailing dot (RFC 1035, section 2.3.4). */
const MAX_HOST_NAME = 253
/** The longest label of a name (RFC 1035, section 2.3.4). */
const MAX_LABEL = 63
/** What {@link ipReach} says of a loopback address. */
export const LOOPBACK = 1

/**
 * The bytes of an IP address: 4 for dotted decimal without leading zeros, 16 for IPv6 without brackets and zone; undefined
 * for anything else. An IPv4-mapped IPv6 address gives its 4 bytes, as in geth.
 */
export function parseIp(text: string): Uint8Array | undefined {
  // The longest form is 45 characters: eight groups, the last two as IPv4.
  if (text.length > 45) return undefined
  if (!text.includes(':')) return parseIpv4(text)
  const bytes = parseIpv6(text)
  return bytes && unmapped(bytes)
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) return undefined
  const numbers = parts.map(Number)
  return numbers.every((number) => number <= 255) ? Uint8Array.from(numbers) : undefined
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = groups(halves[0]!, halves.length === 1)
  const tail = halves.length === 2 ? groups(halves[1]!, true) : []
  if (!head || !tail) return undefined
  const missing = 16 - head.length - tail.length
  // The double colon stands for at least one group.
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail])
}

/** The bytes of colon-separated groups; the last one may be an IPv4 address where `last` says that the text ends there. */
function groups(text: string, last: boolean): number[] | undefined {
  if (text === '') return []
  const bytes: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    const ipv4 = last && index === parts.length - 1 ? parseIpv4(part) : undefined
    if (ipv4) bytes.push(...ipv4)
    else if (/^[0-9a-f]{1,4}$/i.test(part)) {
      const group = Number.parseInt(part, 16)
      bytes.push(group >> 8, group & 0xff)
    } else return undefined
  }
  return bytes
}

/** The 4 bytes of an IPv4-mapped IPv6 address (`::ffff:0:0/96`); other addresses as they are. */
export function unmapped(ip: Uint8Array): Uint8Array {
  const mapped =
    ip.length === 16 && ip[10] === 0xff && ip[11] === 0xff && ip.subarray(0, 10).every((byte) => byte === 0)
  return mapped ? ip.slice(12) : ip
}

/** The canonical text of 4 or 16 bytes: dotted decimal, or RFC 5952 without brackets. */
export function formatIp(ip: Uint8Array): string {
  if (ip.length === 4) return ip.join('.')
  const words: number[] = []
  for (let i = 0; i < 16; i += 2) words.push((ip[i]! << 8) | ip[i + 1]!)
  const { start, length } = longestZeroRun(words)
  const hex = (part: number[]): string => part.map((word) => word.toString(16)).join(':')
  // One zero group alone is not shortened (RFC 5952, section 4.2.2).
  return length < 2 ? hex(words) : `${hex(words.slice(0, start))}::${hex(words.slice(start + length))}`
}

/** The first of the longest runs (RFC 5952, section 4.2.3). */
function longestZeroRun(words: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  let start = 0
  for (const [index, word] of words.entries()) {
    if (word !== 0) start = index + 1
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start }
  }
  return best
}

/**
 * How far an address reaches, geth's order: 0 unspecified, 1 loopback, 2 link-local, 3 private, 4 global; undefined for
 * multicast, which is no node's address.
 */
export function ipReach(ip: Uint8Array): number | undefined {
  const [a = 0, b = 0] = ip
  if (ip.every((byte) => byte === 0)) return 0
  if (ip.length === 4) {
    if (a >= 224 && a <= 239) return undefined
    if (a === 127) return 1
    if (a === 169 && b === 254) return 2
    return a === 10 || (a === 172 && b >> 4 === 1) || (a === 192 && b === 168) ? 3 : 4
  }
  if (a === 0xff) return undefined
  if (ip[15] === 1 && ip.subarray(0, 15).every((byte) => byte === 0)) return 1
  if (a === 0xfe && b >> 6 === 2) return 2
  return a >> 1 === 0x7e ? 3 : 4
}

/**
 * Whether `text` is a host name: ASCII labels of letters, digits, `-` and `_`, an optional trailing dot. A name whose last
 * label is a number is none: `127.1` would be an address to some resolvers and a name to others (WHATWG URL, section 3.6).
 */
export function isHostName(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text
  if (name.length > MAX_HOST_NAME) return false
  const labels = name.split('.')
  if (!labels.every((label) => label.length <= MAX_LABEL && /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/i.test(label)))
    return false
  return !/^(\d+|0x[0-9a-f]*)$/i.test(labels.at(-1)!)
}

/**
 * Whether `host` is this machine and nobody else reaches it: a loopback address, in brackets or without, `localhost` or a name
 * below it. Other names that lead there are not known without asking.
 */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase()
  if (name === 'localhost' || name.endsWith('.localhost')) return true
  const ip = parseIp(name.replace(/^\[(.*)\]$/, '$1'))
  return ip !== undefined && ipReach(ip) === LOOPBACK
}

/** `host` as a URL writes it: IPv6 in brackets. */
export const urlHost = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** `host:port`, an IPv6 address in brackets. */
export const hostPort = (host: string, port: number): string => `${urlHost(host)}:${port}`

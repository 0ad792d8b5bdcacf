import { BlockList } from 'node:net'
import { formatIp, ipReach, LOOPBACK, parseIp } from '../enode/ip.js'
import { EthspanError } from '../errors.js'

/** What {@link ipReach} says of a private address, the farthest that stays in a local network. */
const PRIVATE = 3

/** The canonical bytes of an address as a socket gives it: no zone (`%eth0`), IPv4-mapped IPv6 as IPv4. */
const readIp = (ip: string) => parseIp(ip.split('%', 1)[0]!)

/** The canonical text of an address as a socket gives it: no zone, IPv4 where it is IPv4-mapped IPv6; else the text itself. */
export function plainIp(ip: string): string {
  const bytes = readIp(ip)
  return bytes === undefined ? ip : formatIp(bytes)
}

/**
 * Whether `ip` is loopback, private (RFC 1918, unique local) or link-local, IPv4-mapped IPv6 included; geth's
 * `netutil.IsLAN`. False for what is no IP address.
 */
export function isLAN(ip: string): boolean {
  const bytes = readIp(ip)
  const reach = bytes === undefined ? undefined : ipReach(bytes)
  return reach !== undefined && reach >= LOOPBACK && reach <= PRIVATE
}

/** Networks that addresses are in or not, geth's `netutil.Netlist`. Made by {@link parseNetlist}. */
export class Netlist {
  readonly #text: string
  readonly #networks: BlockList

  constructor(text: string, networks: BlockList) {
    this.#text = text
    this.#networks = networks
  }

  /** Whether the IP address is in one of the networks; IPv4-mapped IPv6 counts as IPv4. False for what is no IP address. */
  contains(ip: string): boolean {
    const bytes = readIp(ip)
    return bytes !== undefined && this.#networks.check(formatIp(bytes), bytes.length === 4 ? 'ipv4' : 'ipv6')
  }

  toString(): string {
    return this.#text
  }
}

/**
 * Reads networks in CIDR notation, separated by commas: `10.0.0.0/8, fd00::/8`.
 * @throws {EthspanError} ERR_INVALID_OPTION that quotes the part which is no network
 */
export function parseNetlist(text: string): Netlist {
  const networks = new BlockList()
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  if (parts.length === 0) throw invalidNetwork(text)
  for (const part of parts) {
    const match = /^([^/]+)\/(\d{1,3})$/.exec(part)
    const bytes = match === null ? undefined : parseIp(match[1]!)
    const prefix = Number(match?.[2])
    if (bytes === undefined || prefix > bytes.length * 8) throw invalidNetwork(part)
    networks.addSubnet(formatIp(bytes), prefix, bytes.length === 4 ? 'ipv4' : 'ipv6')
  }
  return new Netlist(parts.join(', '), networks)
}

function invalidNetwork(part: string): EthspanError {
  return new EthspanError(
    'ERR_INVALID_OPTION',
    `${JSON.stringify(part.slice(0, 60))} is not a network; expected <address>/<prefix length>, such as 10.0.0.0/8`,
    { fields: { network: part }, hint: 'Separate several networks by commas.' },
  )
}

import { bytesToHex, hexToBytes } from '../bytes.js'
import { keccak256 } from '../crypto/keccak.js'
import { checkPublicKey, PUBLIC_KEY_LENGTH } from '../crypto/secp256k1.js'
import {
  ADDRESS_FORMS,
  checkEndpoint,
  checkText,
  invalidAddress,
  quote,
  readHost,
  readPort,
  readWebSocketUrl,
  splitHostPort,
} from './address.js'
import type { Endpoint } from './endpoint.js'
import { ENR } from './enr.js'
import { ipReach, parseIp, urlHost } from './ip.js'

const ANY_FORM = `${ADDRESS_FORMS.enode}, enode+ws://…, enode+wss://… or enr:…`

/** Who a node is and how it can be reached: geth's `enode.Node`. The text forms are specified in docs/addresses.md. */
export class Enode {
  /** 64 bytes. Not to be changed. */
  readonly publicKey: Uint8Array
  /** keccak256 of the public key, 64 hex digits. */
  readonly id: string
  /** In canonical form. Empty where only the key is known. */
  readonly endpoint: Endpoint
  /** The signed record that this was read from. */
  readonly record: ENR | undefined

  /**
   * @param publicKey 64 bytes, a point on the curve.
   * @throws {EthspanError} ERR_INVALID_KEY; ERR_INVALID_ENODE for a malformed endpoint.
   */
  constructor(publicKey: Uint8Array, endpoint: Endpoint = {}, record?: ENR) {
    this.publicKey = Uint8Array.from(checkPublicKey(publicKey))
    this.id = bytesToHex(keccak256(this.publicKey))
    this.endpoint = checkEndpoint(endpoint)
    this.record = record
  }

  /**
   * Reads any text form of a node: `enode://` as geth does (without a host, too), `enode+ws://`, `enode+wss://`, `enr:`.
   * @throws {EthspanError} ERR_INVALID_ENODE, whose message names the wrong part and how it should look; ERR_INVALID_ENR.
   */
  static parse(text: string): Enode {
    if (text.startsWith('enr:')) return Enode.fromRecord(ENR.parse(text))
    checkText(text, ANY_FORM)
    const match = /^(enode(?:\+wss?)?):\/\/([^/?#]*)(.*)$/i.exec(text)
    if (!match) throw invalidAddress('scheme', `${quote(text)} is not a node address`, ANY_FORM)
    const [, schemeText = '', authority = '', tail = ''] = match
    const scheme = schemeText.toLowerCase() as keyof typeof ADDRESS_FORMS
    const form = ADDRESS_FORMS[scheme]
    const at = authority.indexOf('@')
    if (at < 0) {
      if (scheme === 'enode' && tail === '' && /^[0-9a-f]+$/i.test(authority))
        return new Enode(readKey(authority, form))
      throw invalidAddress('public key', 'there is no @ between a public key and a host', form)
    }
    const publicKey = readKey(authority.slice(0, at), form)
    const address = authority.slice(at + 1)
    const endpoint =
      scheme === 'enode'
        ? readTcpEndpoint(address, tail)
        : { ws: readWebSocketUrl(`${scheme.slice('enode+'.length)}://${address}${tail}`, form) }
    return new Enode(publicKey, endpoint)
  }

  /**
   * The node of a record. Of an IPv4 and an IPv6 address, the one that reaches farther is taken, IPv4 where they are equal,
   * as in geth.
   */
  static fromRecord(record: ENR): Enode {
    return new Enode(
      record.publicKey,
      { ...recordHost(record), ...(record.ws === undefined ? {} : { ws: record.ws }) },
      record,
    )
  }

  /** Whether the node says that it can be reached by WebSocket. */
  get isWebSocket(): boolean {
    return this.endpoint.ws !== undefined
  }

  /** This node at another address; key and record stay. */
  withEndpoint(endpoint: Endpoint): Enode {
    return new Enode(this.publicKey, endpoint, this.record)
  }

  /** Every URL of this node: `enode://` where it has a host, `enode+ws(s)://` where it has a WebSocket. May be empty. */
  get urls(): readonly string[] {
    const { host, ws } = this.endpoint
    return [...(host === undefined ? [] : [this.#tcpUrl(host)]), ...(ws === undefined ? [] : [this.#webSocketUrl(ws)])]
  }

  /**
   * The canonical URL: `enode://` where the node has a TCP port, as geth writes it; else `enode+ws(s)://`; else `enode://`
   * with what is known.
   */
  toString(): string {
    const { host, tcpPort, ws } = this.endpoint
    if (ws !== undefined && (host === undefined || tcpPort === undefined)) return this.#webSocketUrl(ws)
    return host === undefined ? `enode://${bytesToHex(this.publicKey)}` : this.#tcpUrl(host)
  }

  toJSON(): string {
    return this.toString()
  }

  #tcpUrl(host: string): string {
    const { tcpPort = 0, udpPort = 0 } = this.endpoint
    const discport = udpPort === tcpPort ? '' : `?discport=${udpPort}`
    return `enode://${bytesToHex(this.publicKey)}@${urlHost(host)}:${tcpPort}${discport}`
  }

  #webSocketUrl(ws: string): string {
    return `enode+${ws.replace('://', `://${bytesToHex(this.publicKey)}@`)}`
  }
}

function readKey(digits: string, form: string): Uint8Array {
  if (!/^[0-9a-f]*$/i.test(digits)) {
    throw invalidAddress('public key', `the public key ${quote(digits)} does not consist of hex digits`, form)
  }
  if (digits.length !== 2 * PUBLIC_KEY_LENGTH) {
    throw invalidAddress(
      'public key',
      `the public key has ${digits.length} hex digits instead of ${2 * PUBLIC_KEY_LENGTH}`,
      form,
    )
  }
  try {
    return checkPublicKey(hexToBytes(digits))
  } catch (cause) {
    throw invalidAddress('public key', 'the public key is not a point on the curve secp256k1', form, cause)
  }
}

/** `host:port` and what follows. Path, fragment and other parameters are ignored, as in geth. */
function readTcpEndpoint(address: string, tail: string): Endpoint {
  const form = ADDRESS_FORMS.enode
  const { host, port } = splitHostPort(address, form)
  const tcpPort = readPort(port, 'port', 0, form)
  const discport = new URL(`http://host/${tail.replace(/^[^?#]*/, '')}`).searchParams.get('discport')
  const udpPort = discport ? readPort(discport, 'discport', 0, `${form}?discport=<port>`) : tcpPort
  // geth reads an address without a host, too; the node then can't be dialed.
  return host === '' ? { tcpPort, udpPort } : { host: readHost(host, form), tcpPort, udpPort }
}

function recordHost(record: ENR): Endpoint {
  const reach = (host: string | undefined): number => (host === undefined ? -1 : (ipReach(parseIp(host)!) ?? -1))
  const reach4 = reach(record.ip)
  const reach6 = reach(record.ip6)
  const { ip, ip6, tcp, udp } = record
  // An IPv4-mapped address in `ip6` is an IPv4 address, so the ports of IPv4 go with it.
  if (reach6 > reach4 && parseIp(ip6!)!.length === 16) {
    return { host: ip6!, tcpPort: record.tcp6 ?? tcp ?? 0, udpPort: record.udp6 ?? udp ?? 0 }
  }
  const host = reach6 > reach4 ? ip6 : reach4 >= 0 ? ip : undefined
  return { ...(host === undefined ? {} : { host }), tcpPort: tcp ?? 0, udpPort: udp ?? 0 }
}

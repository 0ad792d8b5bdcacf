import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import {
  type Capabilities,
  type DISCONNECT_REASON,
  RLPx,
  type RLPxOptions,
  type SendMethod,
  type Peer as TheirPeer,
} from '@ethereumjs/devp2p'
import { bytesToHex } from '@ethspan/core'
import { onTestFinished } from 'vitest'
import { EventQueue } from '../support/event-queue.js'
import { EchoCode, sha256 } from '../support/test-server.js'

/** The library leaves compression to each protocol. This is the snappy that it reads with itself. */
const snappy = createRequire(createRequire(import.meta.url).resolve('@ethereumjs/devp2p'))('snappyjs') as {
  compress(bytes: Uint8Array): Uint8Array
}

export interface TheirMessage {
  readonly code: number
  readonly size: number
  readonly sha256: string
}

/** A peer that the library let in or let go. */
export type TheirEvent =
  | { readonly type: 'added'; readonly peer: TheirPeer }
  | { readonly type: 'removed'; readonly reason: DISCONNECT_REASON; readonly weAsked: boolean }

/** The library's `common` is only looked at for other implementations of cryptography. */
export const common = { customCrypto: {} } as unknown as RLPxOptions['common']

/** @ethereumjs/devp2p's RLPx with the tests' echo protocol, started for one test. */
export class EthereumjsPeer {
  readonly rlpx: RLPx
  readonly events = new EventQueue<TheirEvent>()
  readonly messages = new EventQueue<TheirMessage>()

  constructor(options: Partial<RLPxOptions> = {}) {
    const capabilities = [this.capability('echo', 1)]
    this.rlpx = new RLPx(randomBytes(32), { common, capabilities, ...options })
    const { events } = this.rlpx
    events.on('peer:added', (peer) => this.events.push({ type: 'added', peer }))
    events.on('peer:removed', (_, reason, weAsked) =>
      this.events.push({ type: 'removed', reason, weAsked: weAsked === true }),
    )
    onTestFinished(() => this.rlpx.destroy())
  }

  /** 64 bytes as hex. */
  get publicKey(): string {
    return bytesToHex(this.rlpx.id)
  }

  /** Listens on a free port of the loopback; resolves with the enode URL. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => {
      this.rlpx.events.once('listening', resolve)
      this.rlpx.listen(0, '127.0.0.1')
    })
    // biome-ignore lint/complexity/useLiteralKeys: brackets get past `protected`; the port is told nowhere else
    const { port } = this.rlpx['_server']!.address() as AddressInfo
    return `enode://${this.publicKey}@127.0.0.1:${port}`
  }

  /** Dials an enode URL. */
  connect(enode: string): Promise<void> {
    const { username, hostname, port } = new URL(enode.replace('enode:', 'http:'))
    return this.rlpx.connect({ id: Buffer.from(username, 'hex'), address: hostname, tcpPort: Number(port) })
  }

  async added(): Promise<{
    readonly peer: TheirPeer
    readonly name: string
    send(code: number, payload: Uint8Array): void
  }> {
    const event = await this.events.take('peer:added', ({ type }) => type === 'added')
    const { peer } = event as TheirEvent & { readonly type: 'added' }
    const [protocol] = peer.getProtocols()
    return {
      peer,
      name: peer.getHelloMessage()?.clientId ?? '',
      send: (code, payload) => (protocol as unknown as EchoProtocol).send(code, payload),
    }
  }

  async removed(): Promise<{ readonly reason: DISCONNECT_REASON; readonly weAsked: boolean }> {
    const event = await this.events.take('peer:removed', ({ type }) => type === 'removed')
    return event as TheirEvent & { readonly type: 'removed' }
  }

  got(code: number): Promise<TheirMessage> {
    return this.messages.take(`message ${code}`, (message) => message.code === code)
  }

  capability(name: string, version: number): Capabilities {
    const { messages } = this
    class Bound extends EchoProtocol {
      constructor(_version: number, _peer: TheirPeer, send: SendMethod) {
        super(send, messages)
      }
    }
    return { name, version, length: 16, constructor: Bound as unknown as Capabilities['constructor'] }
  }
}

/** All that the library calls of a protocol is the constructor and `_handleMessage`; its base class is not exported. */
class EchoProtocol {
  readonly #transmit: SendMethod
  readonly #messages: EventQueue<TheirMessage>

  constructor(transmit: SendMethod, messages: EventQueue<TheirMessage>) {
    this.#transmit = transmit
    this.#messages = messages
  }

  send(code: number, payload: Uint8Array): void {
    this.#transmit(code, snappy.compress(payload))
  }

  _handleMessage(code: number, data: Uint8Array): void {
    this.#messages.push({ code, size: data.length, sha256: sha256(data) })
    if (code === EchoCode.Echo) this.send(EchoCode.Echoed, data)
  }
}

import { createPortableCrypto, defaultLimits, generatePrivateKey, publicKeyOf, type Server } from '../../src/index.js'
import {
  BaseCode,
  decodeDisconnect,
  decodeHello,
  EMPTY_LIST,
  encodeHello,
  type Hello,
} from '../../src/peer/base-protocol.js'
import { discReasonText } from '../../src/peer/disc-reason.js'
import { silentLogger } from '../../src/platform/logger.js'
import type { RlpxConnection } from '../../src/rlpx/connection.js'
import { initiate } from '../../src/rlpx/establish.js'
import type { Channel } from '../../src/transport/transport.js'
import type { World } from './world.js'

/** A node that does just what a test tells it to: it says nothing by itself. */
export class RawPeer {
  readonly connection: RlpxConnection
  readonly channel: Channel
  readonly publicKey: Uint8Array
  /** What came in, in words; pings left out. */
  readonly received: string[] = []
  readonly pings: number[] = []
  ended: Error | undefined
  #hellos = 0

  private constructor(connection: RlpxConnection, publicKey: Uint8Array) {
    this.connection = connection
    this.channel = connection.channel
    this.publicKey = publicKey
    connection.read({
      message: (code, payload) => this.#message(code, payload),
      sent() {},
      ended: (error) => {
        this.ended = error
      },
    })
  }

  /** Dials and does the encryption handshake, nothing more. */
  static async dial(world: World, server: Server, privateKey?: Uint8Array): Promise<RawPeer> {
    const { clock } = world
    const randomBytes = world.randomBytes()
    const key = privateKey ?? generatePrivateKey(randomBytes)
    const transport = world.network.transport()
    const context = { clock, log: silentLogger, signal: new AbortController().signal }
    const channel = await transport.dial(server.self, context)
    const crypto = await createPortableCrypto({ wasm: false })
    const options = { privateKey: key, crypto, clock, randomBytes, limits: defaultLimits }
    return new RawPeer(await initiate(channel, server.self.publicKey, options), publicKeyOf(key))
  }

  /** A Hello that the test's servers accept, with what the test changes. */
  hello(change: Partial<Hello> = {}): void {
    const caps = [{ name: 'test', version: 1 }]
    const hello = { version: 5, name: 'raw', caps, listenPort: 0, publicKey: this.publicKey, ...change }
    this.send(BaseCode.Hello, encodeHello(hello))
    this.#hellos++
    this.#compress()
  }

  send(code: number, payload: Uint8Array): void {
    this.connection.writeNow(code, payload)
  }

  /** Answers all pings so far. */
  pong(): void {
    this.send(BaseCode.Pong, EMPTY_LIST)
  }

  /** Payloads are compressed after both Hellos. */
  #compress(): void {
    this.connection.codec.snappy = this.#hellos === 2
  }

  #message(code: number, payload: Uint8Array): void {
    if (code === BaseCode.Hello) {
      this.received.push(`hello ${decodeHello(payload).name}`)
      this.#hellos++
      this.#compress()
    } else if (code === BaseCode.Disconnect)
      this.received.push(`disconnect: ${discReasonText(decodeDisconnect(payload))}`)
    else if (code === BaseCode.Ping) this.pings.push(code)
    else this.received.push(`message ${code}, ${payload.length} bytes`)
  }
}

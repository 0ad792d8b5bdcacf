import { createCrypto } from '#crypto'
import { generatePrivateKey, publicKeyOf } from '../crypto/secp256k1.js'
import { Enode } from '../enode/enode.js'
import { BaseCode, encodeDisconnect } from '../peer/base-protocol.js'
import { type Cap, capString } from '../peer/cap.js'
import { DisconnectError, DiscReason } from '../peer/disc-reason.js'
import { ourHello, sayHello } from '../peer/say-hello.js'
import { initiate } from '../rlpx/establish.js'
import { checkOptions } from './check-options.js'
import { dialNode } from './dial-node.js'
import type { ServerOptions } from './options.js'

/** How {@link rlpxPing} dials. */
export interface RlpxPingOptions
  extends Pick<ServerOptions, 'transports' | 'name' | 'limits' | 'clock' | 'randomBytes' | 'log' | 'createCrypto'> {
  /** Who asks. Default: a key made for this call, so that the node takes it for nobody it knows. */
  readonly privateKey?: ServerOptions['privateKey']
  /** Protocols to name in our Hello. Default none: the node says what it speaks, and that it has no use for us. */
  readonly caps?: readonly Cap[]
  readonly signal?: AbortSignal
}

/** What {@link rlpxPing} found out. Everything under `hello` is what the node says of itself: text from a stranger. */
export interface RlpxPong {
  /** Node id, 64 hex digits; the handshake proved it. */
  readonly id: string
  /** Such as `tcp` or `ws`. */
  readonly transport: string
  readonly localAddress: string
  readonly remoteAddress: string
  readonly hello: {
    /** Of the base protocol. */
    readonly version: number
    /** The client's name. */
    readonly name: string
    /** Such as `eth/68`. */
    readonly caps: readonly string[]
    /** TCP port; 0 where the node told none. */
    readonly listenPort: number
  }
  /** Milliseconds that each step took. */
  readonly times: { readonly dial: number; readonly encryption: number; readonly hello: number }
}

/**
 * Asks a node who it is, without becoming its peer: dials it, does the RLPx handshake, exchanges Hello and says goodbye. The
 * `rlpx ping` of geth's `devp2p` tool.
 * @throws {DisconnectError} the reason for which the node did not want to talk, such as too many peers
 * @throws {EthspanError} ERR_DIAL, ERR_TIMEOUT, ERR_HANDSHAKE, ERR_PROTOCOL, ERR_CLOSED, ERR_ABORTED, and as `Server` for options
 */
export async function rlpxPing(node: Enode | string, options: RlpxPingOptions): Promise<RlpxPong> {
  const enode = typeof node === 'string' ? Enode.parse(node) : node
  const { privateKey = generatePrivateKey(options.randomBytes), signal = new AbortController().signal } = options
  const checked = checkOptions({ ...serverOptions(options), privateKey })
  const { clock, limits, createCrypto: create = createCrypto } = checked
  const crypto = await create()

  const start = clock.now()
  const channel = await dialNode(checked, enode, signal)
  const dialed = clock.now()
  const connection = await initiate(channel, enode.publicKey, { ...checked, crypto, signal })
  const encrypted = clock.now()
  const ours = ourHello({
    name: checked.name,
    caps: options.caps ?? [],
    listenPort: 0,
    publicKey: publicKeyOf(checked.privateKey),
  })
  try {
    const hello = await sayHello(connection, ours, { clock, timeout: limits.helloTimeout, signal })
    const { version, name, caps, listenPort } = hello
    return {
      id: enode.id,
      transport: channel.transport,
      localAddress: channel.localAddress,
      remoteAddress: channel.remoteAddress,
      hello: { version, name, caps: caps.map(capString), listenPort },
      times: { dial: dialed - start, encryption: encrypted - dialed, hello: clock.now() - encrypted },
    }
  } finally {
    const goodbye = { code: BaseCode.Disconnect, payload: encodeDisconnect(DiscReason.Requested) }
    await connection.close(new DisconnectError(DiscReason.Requested, 'local'), goodbye)
  }
}

/** What of the options a server has too. */
function serverOptions({ privateKey: _, caps: __, signal: ___, ...options }: RlpxPingOptions) {
  return options
}

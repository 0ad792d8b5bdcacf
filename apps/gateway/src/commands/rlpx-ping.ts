// `ethspan rlpx ping`: who answers at an address, as geth's `devp2p rlpx ping` asks.
import { EthspanError, rlpxPing as ping, type RlpxPong } from '@ethspan/core'
import { cleanText } from '@ethspan/protocols'
import { tcp } from '@ethspan/tcp'
import { webSocket } from '@ethspan/websocket'
import { clientName } from '../version.js'
import { json, type Output } from './output.js'

export interface RlpxPing {
  /** Any address of a node. */
  readonly node: string
  readonly json: boolean
}

/** Characters of a text that the node sent. */
const MAX_TEXT = 300

/** @throws {EthspanError} one line: what failed, and at which step */
export async function rlpxPing({ node, json: asJson }: RlpxPing, { out }: Output): Promise<void> {
  let pong: RlpxPong
  try {
    pong = await ping(node, { transports: [tcp(), webSocket()], name: clientName(undefined) })
  } catch (cause) {
    if (!(cause instanceof EthspanError)) throw cause
    const { code, message, fields, hint } = cause
    throw new EthspanError(code, `no answer to the ping: ${message}`, {
      fields,
      cause,
      ...(hint === undefined ? {} : { hint }),
    })
  }
  out(asJson ? json(rounded(pong)) : describe(pong))
}

const rounded = ({ times: { dial, encryption, hello }, ...pong }: RlpxPong) => ({
  ...pong,
  times: { dial: Math.round(dial), encryption: Math.round(encryption), hello: Math.round(hello) },
})

function describe(pong: RlpxPong): string {
  const { id, transport, remoteAddress, hello, times } = rounded(pong)
  const { name, version, caps, listenPort } = hello
  const lines = [
    `Node ID   ${id}`,
    `Address   ${remoteAddress} (${transport})`,
    `Client    ${cleanText(name, MAX_TEXT) || '(no name)'}`,
    `Protocols ${cleanText(caps.join(', '), MAX_TEXT) || '(none)'}`,
    `devp2p    version ${version}${listenPort === 0 ? '' : `, listens on TCP port ${listenPort}`}`,
    `Times     connection ${times.dial} ms, RLPx handshake ${times.encryption} ms, Hello ${times.hello} ms`,
  ]
  return `${lines.join('\n')}\n`
}

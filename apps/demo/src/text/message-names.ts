// What the codes of messages mean, for the protocols this node speaks.
import type { PassedMessage } from '../client/client.js'

/**
 * By code. Source: rlpx.md, "p2p Capability"; docs/peers-protocol.md; docs/chat-protocol.md. Written out, so that a page whose
 * node lives in a worker loads no protocol for them.
 */
const names: Readonly<Record<string, readonly string[]>> = {
  'p2p/5': ['Hello', 'Disconnect', 'Ping', 'Pong'],
  'peers/1': ['Subscribe', 'Snapshot', 'Add', 'Remove'],
  'chat/1': ['History', 'Message'],
}

/** `Ping`; `message 5` for a code that is not known. */
export function messageName({ protocol, code }: Pick<PassedMessage, 'protocol' | 'code'>): string {
  const known = Object.hasOwn(names, protocol) ? names[protocol]?.[code] : undefined
  return known ?? `message ${code}`
}

/** `0x02`. */
export const codeText = (code: number): string => `0x${code.toString(16).padStart(2, '0')}`

// What happened, in words that need no specification beside them.
import { DiscReason, type DiscSide, discReasonText, type HandshakeStage } from '@ethspan/core'
import { clean, MAX_REASON } from '../text/clean.js'

const theySaid: Partial<Record<DiscReason, string>> = {
  [DiscReason.Requested]: 'it asked to disconnect',
  // Hardly ever said: it stands for a connection that ended without a goodbye.
  [DiscReason.NetworkError]: 'the connection broke',
  [DiscReason.ProtocolError]: 'it says that we broke the protocol',
  [DiscReason.UselessPeer]: 'it shares no protocol with us',
  [DiscReason.TooManyPeers]: 'it has too many peers already',
  [DiscReason.AlreadyConnected]: 'it is connected to us already',
  [DiscReason.IncompatibleVersion]: 'it speaks another version of the base protocol',
  [DiscReason.InvalidIdentity]: 'it does not accept our identity',
  [DiscReason.Quitting]: 'it is shutting down',
  [DiscReason.UnexpectedIdentity]: 'it expected another node',
  [DiscReason.Self]: 'it is this node itself',
  [DiscReason.ReadTimeout]: 'it had not heard from us for too long',
  [DiscReason.SubprotocolError]: 'it ran into an error in one of its protocols',
}

const weSaid: Partial<Record<DiscReason, string>> = {
  [DiscReason.Requested]: 'we disconnected',
  [DiscReason.NetworkError]: 'the connection broke',
  [DiscReason.ProtocolError]: 'it broke the protocol',
  [DiscReason.UselessPeer]: 'we share no protocol with it',
  [DiscReason.TooManyPeers]: 'we have too many peers already',
  [DiscReason.AlreadyConnected]: 'we are connected to it already',
  [DiscReason.IncompatibleVersion]: 'it speaks another version of the base protocol',
  [DiscReason.InvalidIdentity]: 'its identity is not valid',
  [DiscReason.Quitting]: 'this node is shutting down',
  [DiscReason.UnexpectedIdentity]: 'another node answered at its address',
  [DiscReason.Self]: 'it is this node itself',
  [DiscReason.ReadTimeout]: 'it had been silent for too long',
  [DiscReason.SubprotocolError]: 'one of our protocols ended',
}

/** Why a connection ended: `it is shutting down`. */
export function dropWords(reason: DiscReason, side: DiscSide): string {
  const words = side === 'remote' ? theySaid[reason] : weSaid[reason]
  return words ?? `${side === 'remote' ? 'it gave' : 'we gave'} ${discReasonText(reason)}`
}

const stages: Record<HandshakeStage, string> = {
  admission: 'it was not let in',
  encryption: 'the encryption handshake failed',
  hello: 'the Hello handshake failed',
}

/** Why no peer came of a connection: `the encryption handshake failed`. */
export const handshakeWords = (stage: HandshakeStage): string => stages[stage]

/** An error's message as one line; its causes follow, since that is where the network's own words are. */
export function errorWords(error: unknown): string {
  const parts: string[] = []
  let current: unknown = error
  while (current !== undefined && current !== null && parts.length < 4) {
    const message = current instanceof Error ? current.message : String(current)
    if (message !== '' && !parts.some((part) => part.includes(message))) parts.push(message)
    current = current instanceof Error ? current.cause : undefined
  }
  return clean(parts.join(': '), MAX_REASON)
}

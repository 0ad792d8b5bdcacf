import type { ByteMeter } from '../transport/metered-channel.js'
import type { Protocol } from './protocol.js'

/**
 * What a server tells of its traffic while it runs, for whoever counts it: called for each chunk and for each message of a
 * protocol, so it adds and returns, and never throws. The base protocol's messages count as bytes only, as in geth.
 */
export interface Meter extends ByteMeter {
  /**
   * @param protocol one of the server's own options, the same object each time
   * @param code relative to the protocol: 0 … length − 1
   * @param wireBytes what the payload took on the wire, after compression
   */
  messageIn(protocol: Protocol, code: number, wireBytes: number): void
  /** As `messageIn`. */
  messageOut(protocol: Protocol, code: number, wireBytes: number): void
}

/** How a node can be reached; part of an {@link Enode}. */
export interface Endpoint {
  /** IP address or host name. */
  readonly host?: string
  readonly tcpPort?: number
  readonly udpPort?: number
  /** A `ws://` or `wss://` URL. */
  readonly ws?: string
}

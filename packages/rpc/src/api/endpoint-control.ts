/** What `admin_startHTTP` may change; what is left out stays as the node was set up. */
export interface HttpOverrides {
  readonly host?: string
  readonly port?: number
  readonly cors?: readonly string[]
  readonly apis?: readonly string[]
  readonly vhosts?: readonly string[]
}

/** What `admin_startWS` may change. */
export interface WsOverrides {
  readonly host?: string
  readonly port?: number
  readonly origins?: readonly string[]
  readonly apis?: readonly string[]
}

/** Opens and closes endpoints while the node runs. Starting rejects where one is open, or its port is taken. */
export interface EndpointControl {
  startHTTP(overrides?: HttpOverrides): Promise<void>
  /** Nothing happens where none is open. Resolves once no new call is taken; calls under way are let finish. */
  stopHTTP(): Promise<void>
  startWS(overrides?: WsOverrides): Promise<void>
  stopWS(): Promise<void>
}

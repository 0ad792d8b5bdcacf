/** What every client of a node's JSON-RPC can do, whatever carries its messages. */
export interface RpcClient {
  /** Fires when the client is closed or its connection is gone; the reason is the error. */
  readonly signal: AbortSignal
  /**
   * Calls a method and resolves with its result.
   * @throws {RpcError} the node's answer; {EthspanError} ERR_ABORTED, or ERR_CLOSED where the connection is gone.
   */
  request<T = unknown>(method: string, params?: readonly unknown[], options?: RequestOptions): Promise<T>
  /**
   * `<namespace>_subscribe` with these parameters, such as `subscribe('admin', ['peerEvents'], listener)`: calls `listener`
   * with each notification until it is unsubscribed, `options.signal` fires or the client ends.
   * @throws as `request`; {RpcError} -32601 where the connection can't carry notifications.
   */
  subscribe<T = unknown>(
    namespace: string,
    params: readonly unknown[],
    listener: (value: T) => void,
    options?: RequestOptions,
  ): Promise<RpcSubscription>
  /** Ends the connection; what is under way rejects with ERR_CLOSED. Safe to call twice. */
  close(): void
}

export interface RequestOptions {
  readonly signal?: AbortSignal
}

export interface RpcSubscription {
  readonly id: string
  /** Nothing is delivered from now on. Never rejects: where the connection is gone, so is the subscription. */
  unsubscribe(): Promise<void>
}

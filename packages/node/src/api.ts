import type { Clock, Logger } from '@ethspan/core'

/** Who calls, as far as the endpoint knows. */
export interface CallContext {
  /** `http`, `ws`, `ipc`, or `inproc`. */
  readonly endpoint: string
  /** Fires when the caller is gone or the call took too long. */
  readonly signal: AbortSignal
}

/**
 * One method. `params` are what the caller sent, unchecked. A value that JSON can't carry must not be returned; undefined
 * becomes null. Throw an `RpcError` of `@ethspan/rpc`, or any error, which becomes -32000 with its message.
 */
export type ApiMethod = (params: readonly unknown[], context: CallContext) => unknown

/**
 * A source of notifications for `<namespace>_subscribe`: calls `notify` for each, until `context.signal` fires.
 * What it returns or throws at once decides whether the subscription stands.
 */
export type ApiSubscription = (
  params: readonly unknown[],
  notify: (value: unknown) => void,
  context: CallContext,
) => void | Promise<void>

/** The methods a service offers over JSON-RPC: geth's `rpc.API`. */
export interface Api {
  /** The part before the underscore, such as `admin`. Several apis may share a namespace. */
  readonly namespace: string
  /** By the part after the underscore: `nodeInfo` for `admin_nodeInfo`. */
  readonly methods: Readonly<Record<string, ApiMethod>>
  /** By the first parameter of `<namespace>_subscribe`. */
  readonly subscriptions?: Readonly<Record<string, ApiSubscription>>
  /** Offered on the authenticated endpoint only. */
  readonly authenticated?: boolean
}

/** What an endpoint is opened with. */
export interface EndpointContext {
  /** All apis of the node; the endpoint picks those it was told to offer. Asked at each call, so that later ones count. */
  readonly apis: () => readonly Api[]
  readonly log: Logger
  readonly clock: Clock
}

/** An open way into the node's JSON-RPC. */
export interface OpenEndpoint {
  /** What a client connects to: a URL, or a path. */
  readonly address: string
  /** Refuses new calls, ends the connections, resolves when all is closed. */
  close(): Promise<void>
}

/** A way into the node's JSON-RPC that a node opens when it starts: HTTP, WebSocket, IPC. */
export interface RpcEndpoint {
  readonly name: string
  open(context: EndpointContext): Promise<OpenEndpoint>
}

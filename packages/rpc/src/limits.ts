/** What one caller may ask for at once. Geth's figures where geth has one; "ours" where it has none. */
export interface RpcLimits {
  /** One request body or message, in bytes. Geth: `HTTPBodyLimit`; on WebSockets geth takes 32 MiB, on IPC anything. */
  readonly bodyBytes: number
  /** Requests in one batch. Geth: `BatchRequestLimit`. */
  readonly batchRequests: number
  /** Answers to one batch in bytes; the one that passes it is the last. Geth: `BatchResponseMaxSize`. */
  readonly batchResponseBytes: number
  /** Calls of one connection under way, from which on no more is read from it. Ours: as many as a batch may hold. */
  readonly pendingCalls: number
  /** Subscriptions of one connection. Ours. */
  readonly subscriptions: number
}

export const defaultRpcLimits: RpcLimits = {
  bodyBytes: 5 * 1024 * 1024,
  batchRequests: 1000,
  batchResponseBytes: 25_000_000,
  pendingCalls: 1000,
  subscriptions: 100,
}

/** Behind a secret shared with a consensus client. Geth: `engineAPIBodyLimit` and its neighbours in node/defaults.go. */
export const authRpcLimits: RpcLimits = {
  ...defaultRpcLimits,
  bodyBytes: 128 * 1024 * 1024,
  batchRequests: 2000,
  batchResponseBytes: 250_000_000,
}

/** A longer method name is no request. Geth: `maxMethodNameLength`; characters. */
export const MAX_METHOD_NAME = 2048

/** Notifications kept until the answer with the subscription's id has left. Ours: the source is still being set up. */
export const MAX_EARLY_NOTIFICATIONS = 1000

/** A larger number does not survive JSON.parse, so its answer would carry another id. */
export const MAX_NUMBER_ID = Number.MAX_SAFE_INTEGER

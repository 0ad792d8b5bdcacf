import { asError, EthspanError } from '@ethspan/core'

/** Codes of JSON-RPC 2.0, section 5.1, and of the server range those that geth uses. */
export const RpcErrorCode = {
  /** What came is not JSON. */
  Parse: -32700,
  /** JSON, but not a request. */
  InvalidRequest: -32600,
  MethodNotFound: -32601,
  InvalidParams: -32602,
  /** The result can't be written as JSON. */
  Internal: -32603,
  /** The method failed; the message says how. */
  Server: -32000,
  /** The call took longer than the endpoint allows. */
  Timeout: -32002,
  /** The answers of a batch passed the limit. */
  ResponseTooLarge: -32003,
} as const

/** What a method throws to choose the code of its answer, and what a client throws when the answer is an error. */
export class RpcError extends Error {
  /** An integer; see {@link RpcErrorCode}. */
  readonly code: number
  /** Whatever the method adds, plain JSON. */
  readonly data: unknown

  constructor(code: number, message: string, options: { readonly data?: unknown; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'RpcError'
    this.code = code
    this.data = options.data
  }
}

/** Wrong, missing or too many parameters: -32602. */
export const invalidParams = (message: string): RpcError => new RpcError(RpcErrorCode.InvalidParams, message)

/** Anything thrown as an {@link RpcError}: -32000 with its message; of an `EthspanError` the code and the hint as data. */
export function asRpcError(thrown: unknown): RpcError {
  if (thrown instanceof RpcError) return thrown
  const error = asError(thrown)
  const { code, hint } = error instanceof EthspanError ? error : { code: undefined, hint: undefined }
  const data = code === undefined ? undefined : { code, ...(hint === undefined ? {} : { hint }) }
  return new RpcError(RpcErrorCode.Server, error.message || error.name, { data, cause: thrown })
}

import { RpcError, RpcErrorCode } from '../rpc-error.js'

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What a node sent: the answer to a request of ours, a notification, or something we can't use. */
export type FromNode =
  | { readonly kind: 'result'; readonly id: unknown; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: unknown; readonly error: RpcError }
  | { readonly kind: 'notification'; readonly subscription: string; readonly result: unknown }
  | { readonly kind: 'unknown' }

/** @param value parsed JSON, not a batch */
export function readFromNode(value: unknown): FromNode {
  if (!isRecord(value)) return { kind: 'unknown' }
  const { id, method, params, result, error } = value
  if (typeof method === 'string') {
    if (!method.endsWith('_subscription') || !isRecord(params)) return { kind: 'unknown' }
    const { subscription } = params
    if (typeof subscription !== 'string') return { kind: 'unknown' }
    return { kind: 'notification', subscription, result: params.result }
  }
  if (isRecord(error)) return { kind: 'error', id, error: readError(error) }
  return result === undefined ? { kind: 'unknown' } : { kind: 'result', id, result }
}

function readError({ code, message, data }: Readonly<Record<string, unknown>>): RpcError {
  const number = typeof code === 'number' ? code : RpcErrorCode.Server
  return new RpcError(number, typeof message === 'string' ? message : `JSON-RPC error ${number}`, { data })
}

// JSON-RPC 2.0 as text: what came in is told apart, what goes out is put together from parts that are JSON already.
import { MAX_METHOD_NAME, MAX_NUMBER_ID } from './limits.js'
import { RpcError, RpcErrorCode } from './rpc-error.js'

/** One element of what a caller sent. `id` is JSON text, ready to be echoed. */
export type Incoming =
  | { readonly kind: 'call'; readonly id: string; readonly method: string; readonly params: unknown }
  | { readonly kind: 'notification'; readonly method: string; readonly params: unknown }
  /** An answer to something we never asked. */
  | { readonly kind: 'response' }
  | { readonly kind: 'invalid'; readonly id: string; readonly error: RpcError }

/** The id of an answer to what has none that can be read. */
export const NULL_ID = 'null'

/** Tells what an element is, as geth's `jsonrpcMessage` does. Never throws. */
export function readMessage(value: unknown): Incoming {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return invalid(NULL_ID)
  const own = (name: string): unknown => (Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined)
  const hasId = Object.hasOwn(value, 'id')
  const id = hasId ? idText(own('id')) : undefined
  const method = own('method')
  const params = own('params')
  if (own('jsonrpc') !== '2.0' || (hasId && id === undefined)) return invalid(id ?? NULL_ID)
  if (typeof method !== 'string' || method === '') {
    const answers = id !== undefined && params === undefined && (own('result') ?? own('error')) !== undefined
    return answers ? { kind: 'response' } : invalid(id ?? NULL_ID)
  }
  if (method.length > MAX_METHOD_NAME) {
    return invalid(id ?? NULL_ID, `method name too long: ${method.length} > ${MAX_METHOD_NAME}`)
  }
  return id === undefined ? { kind: 'notification', method, params } : { kind: 'call', id, method, params }
}

const invalid = (id: string, message = 'invalid request'): Incoming => {
  return { kind: 'invalid', id, error: new RpcError(RpcErrorCode.InvalidRequest, message) }
}

/** JSON text of a string, a number or null; undefined for what can't be an id. */
function idText(id: unknown): string | undefined {
  if (id === null || typeof id === 'string') return JSON.stringify(id)
  return typeof id === 'number' && Math.abs(id) <= MAX_NUMBER_ID ? JSON.stringify(id) : undefined
}

/** @param result JSON text */
export const resultText = (id: string, result: string): string => `{"jsonrpc":"2.0","id":${id},"result":${result}}`

export const errorText = (id: string, error: RpcError): string => {
  return `{"jsonrpc":"2.0","id":${id},"error":${errorObject(error)}}`
}

function errorObject({ code, message, data }: RpcError): string {
  try {
    return JSON.stringify({ code, message, data })
  } catch (cause) {
    return JSON.stringify({ code, message, data: `data that is not JSON: ${String(cause)}` })
  }
}

/** @param result JSON text */
export const notificationText = (namespace: string, subscription: string, result: string): string => {
  const params = `{"subscription":"${subscription}","result":${result}}`
  return `{"jsonrpc":"2.0","method":${JSON.stringify(`${namespace}_subscription`)},"params":${params}}`
}

/** JSON text of a value; undefined becomes null. @throws {RpcError} -32603 for what JSON can't carry. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null'
  } catch (cause) {
    throw new RpcError(RpcErrorCode.Internal, `the result can't be written as JSON: ${String(cause)}`, { cause })
  }
}

/** How many bytes a text has in UTF-8, without encoding it. */
export function utf8Length(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) bytes++
    // Each half of a surrogate pair counts two, four in all.
    if (unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff)) bytes++
  }
  return bytes
}

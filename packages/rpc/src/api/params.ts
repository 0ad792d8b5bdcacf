// Reads what a caller sent as parameters; the messages are geth's where it has one.
import { hexToBytes } from '@ethspan/core'
import { invalidParams } from '../rpc-error.js'

/** Reads one parameter. @throws {RpcError} -32602 */
export type ParamReader<T> = (value: unknown, index: number) => T

/**
 * All parameters, each by its reader.
 * @throws {RpcError} -32602: too many, missing, or not what the reader wants.
 */
export function readParams<T extends readonly unknown[]>(
  params: readonly unknown[],
  ...readers: { readonly [K in keyof T]: ParamReader<T[K]> }
): T {
  if (params.length > readers.length) throw invalidParams(`too many arguments, want at most ${readers.length}`)
  return readers.map((read, index) => read(params[index], index)) as unknown as T
}

/** @throws {RpcError} -32602 where there is one. */
export const noParams = (params: readonly unknown[]): void => {
  readParams<[]>(params)
}

export const text: ParamReader<string> = (value, index) => {
  if (value === undefined || value === null) throw invalidParams(`missing value for required argument ${index}`)
  if (typeof value !== 'string') throw invalidParams(`invalid argument ${index}: expected a string`)
  return value
}

export const port: ParamReader<number> = (value, index) => {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65535) return value
  throw invalidParams(`invalid argument ${index}: expected a port, an integer from 0 to 65535`)
}

/** As `read`, or undefined where nothing or null was sent. */
export const optional = <T>(read: ParamReader<T>): ParamReader<T | undefined> => {
  return (value, index) => (value === undefined || value === null ? undefined : read(value, index))
}

/** `a, b,c`, as geth's flags and admin methods write lists. An empty text is an empty list. */
export const commaList: ParamReader<readonly string[]> = (value, index) => {
  return text(value, index)
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

/** Bytes as hex digits after `0x`, of even number: geth's `hexutil.Bytes`. */
export const hexBytes: ParamReader<Uint8Array> = (value, index) => {
  const digits = text(value, index)
  const fail = (why: string) => invalidParams(`invalid argument ${index}: ${why}`)
  if (!/^0x/i.test(digits)) throw fail('hex string without 0x prefix')
  if (digits.length % 2 !== 0) throw fail('hex string of odd length')
  if (!/^[0-9a-f]*$/i.test(digits.slice(2))) throw fail('invalid hex string')
  return hexToBytes(digits.slice(2))
}

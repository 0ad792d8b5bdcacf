// Reads what callers send: small readers that are put together to those of objects and lists.
import { invalidParams, type params } from '@ethspan/rpc'

/** What was sent is not what is wanted; the message says what is wrong with it. */
export class Unreadable extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'Unreadable'
  }
}

/** Reads one value. @throws {Unreadable} */
export type Reader<T> = (value: unknown) => T

/** A reader for a parameter that has to be there. It throws -32602. */
export function required<T>(read: Reader<T>): params.ParamReader<T> {
  return (value, index) => {
    if (value === undefined || value === null) throw invalidParams(`missing value for required argument ${index}`)
    return readArgument(read, value, index)
  }
}

/** A reader for a parameter that may be left out, or written as null. It throws -32602. */
export function optional<T>(read: Reader<T>): params.ParamReader<T | undefined> {
  return (value, index) => (value === undefined || value === null ? undefined : readArgument(read, value, index))
}

function readArgument<T>(read: Reader<T>, value: unknown, index: number): T {
  try {
    return read(value)
  } catch (error) {
    if (error instanceof Unreadable) throw invalidParams(`invalid argument ${index}: ${error.message}`)
    throw error
  }
}

export const boolean: Reader<boolean> = (value) => {
  if (typeof value !== 'boolean') throw new Unreadable('expected a boolean')
  return value
}

export const text: Reader<string> = (value) => {
  if (typeof value !== 'string') throw new Unreadable('expected a string')
  return value
}

export const list = <T>(read: Reader<T>): Reader<readonly T[]> => {
  return (value) => {
    if (!Array.isArray(value)) throw new Unreadable('expected a list')
    return value.map((item) => read(item))
  }
}

export const fields: Reader<Readonly<Record<string, unknown>>> = (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Unreadable('expected an object')
  return value as Record<string, unknown>
}

/** A field of an object; undefined where it is left out or null. The name is said of what is wrong with it. */
export function field<T>(object: Readonly<Record<string, unknown>>, name: string, read: Reader<T>): T | undefined {
  const value = Object.hasOwn(object, name) ? object[name] : undefined
  if (value === undefined || value === null) return undefined
  try {
    return read(value)
  } catch (error) {
    throw error instanceof Unreadable ? new Unreadable(`${name}: ${error.message}`) : error
  }
}

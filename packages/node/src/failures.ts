import { asError, EthspanError } from '@ethspan/core'

/**
 * One error for all that went wrong, the first of them the leading one: its code, fields and hint, all messages in one line,
 * and an AggregateError of all as the cause. A single error stays what it is.
 */
export function joinErrors(errors: readonly [unknown, ...unknown[]]): Error {
  const all = errors.map(asError)
  const [first] = all as [Error]
  if (all.length === 1) return first
  const { code, fields, hint } = first instanceof EthspanError ? first : new EthspanError('ERR_SERVICE', first.message)
  return new EthspanError(code, all.map(({ message }) => message).join('; '), {
    fields: { ...fields, errors: all },
    ...(hint === undefined ? {} : { hint }),
    cause: new AggregateError(all),
  })
}

/** What a part of the node threw, as an error that names the part. `what` is such as `the service "eth" failed to start`. */
export function partError(what: string, cause: unknown, fields: Readonly<Record<string, unknown>> = {}): EthspanError {
  return new EthspanError('ERR_SERVICE', `${what}: ${asError(cause).message}`, { fields, cause })
}

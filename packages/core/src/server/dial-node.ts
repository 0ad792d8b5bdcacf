import type { Enode } from '../enode/enode.js'
import { abortError, asError, EthspanError } from '../errors.js'
import type { Channel, DialCheck, Transport } from '../transport/transport.js'
import type { CheckedOptions } from './check-options.js'

/** The first transport that can dial `node`; where none can, the reasons of all. */
export function findTransport(
  transports: readonly Transport[],
  node: Enode,
): { readonly check: DialCheck; readonly transport?: Transport } {
  const reasons = new Set<string>()
  for (const transport of transports) {
    const check = transport.check(node)
    if (check.ok) return { check, transport }
    reasons.add(check.why)
  }
  return { check: { ok: false, why: [...reasons].join('; ') || 'this node has no transport' } }
}

/**
 * Opens a channel to `node` within `dialTimeout`.
 * @throws {EthspanError} ERR_DIAL, ERR_TIMEOUT, ERR_ABORTED.
 */
export async function dialNode(
  { transports, clock, log, limits }: CheckedOptions,
  node: Enode,
  signal: AbortSignal,
): Promise<Channel> {
  const { transport, check } = findTransport(transports, node)
  if (transport === undefined || !check.ok) {
    const why = check.ok ? '' : check.why
    throw new EthspanError('ERR_DIAL', why, { fields: { node: node.toString() } })
  }
  if (signal.aborted) throw abortError(signal)
  const giveUp = new AbortController()
  const ms = limits.dialTimeout
  const timer = clock.setTimeout(
    () => giveUp.abort(new EthspanError('ERR_TIMEOUT', `no connection within ${ms} ms`)),
    ms,
  )
  const onAbort = () => giveUp.abort(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await transport.dial(node, { clock, log, signal: giveUp.signal })
  } catch (error) {
    throw giveUp.signal.aborted && !signal.aborted ? asError(giveUp.signal.reason) : error
  } finally {
    timer.cancel()
    signal.removeEventListener('abort', onAbort)
  }
}

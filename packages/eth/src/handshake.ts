// The exchange of Status: the first message of both sides, and what ends a peer that is not one of ours.
import {
  abortError,
  bytesToHex,
  type Clock,
  DisconnectError,
  DiscReason,
  equalBytes,
  type MsgReadWriter,
} from '@ethspan/core'
import type { EthChain } from './chain.js'
import { checkForkId, forkId } from './fork-id.js'
import { HANDSHAKE_TIMEOUT_MS } from './limits.js'
import { blockRangeFault } from './messages/block-range.js'
import { EthMsg, type EthVersion, msgName } from './messages/codes.js'
import { decodeStatus, encodeStatus, type Status } from './messages/status.js'

export interface HandshakeOptions {
  readonly version: EthVersion
  readonly chain: Pick<EthChain, 'networkId' | 'forks' | 'head' | 'earliest'>
  readonly clock: Clock
  /** Milliseconds for both messages. Default {@link HANDSHAKE_TIMEOUT_MS}. */
  readonly timeout?: number
  readonly signal?: AbortSignal
}

/** The peer broke the rules of eth: the reason that geth gives as well. */
export const breach = (detail: string): DisconnectError =>
  new DisconnectError(DiscReason.SubprotocolError, 'local', { detail })

/** Our own Status as of now. */
export function localStatus(version: EthVersion, chain: HandshakeOptions['chain']): Status {
  const head = chain.head()
  const base = {
    version,
    networkId: chain.networkId,
    genesisHash: chain.forks.genesisHash,
    forkId: forkId(chain.forks, head),
  }
  if (version === 68) return { ...base, totalDifficulty: head.totalDifficulty ?? 0n, bestHash: head.hash }
  return { ...base, range: { earliest: chain.earliest(), latest: head.number, latestHash: head.hash } }
}

/**
 * Sends our Status, reads the peer's and checks it.
 * @throws {DisconnectError} `SubprotocolError` for another network, version, genesis block or fork, for an impossible range, and
 * for another message than Status; `ReadTimeout` where it takes too long (geth's choices, in geth's order).
 * @throws {EthspanError} ERR_INVALID_RLP, ERR_MESSAGE_TOO_BIG, ERR_ABORTED, or what ended the peer.
 */
export async function handshake(rw: MsgReadWriter, options: HandshakeOptions): Promise<Status> {
  const { version, chain, clock, timeout = HANDSHAKE_TIMEOUT_MS, signal } = options
  if (signal?.aborted) throw abortError(signal)
  // Ends whichever of the two is still going on once the outcome is clear.
  const over = new AbortController()
  const onAbort = () => over.abort(signal?.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    const read = rw.read({ signal: over.signal }).then(({ code, payload }) => {
      if (code !== EthMsg.Status) throw breach(`sent ${msgName(code)} before Status`)
      const status = decodeStatus(payload, version)
      const fault = statusFault(status, version, chain)
      if (fault !== undefined) throw breach(fault)
      return status
    })
    const write = rw.write(EthMsg.Status, encodeStatus(localStatus(version, chain)), { signal: over.signal })
    const both = Promise.all([read, write])
    const late = clock.setTimeout(() => over.abort(), timeout)
    try {
      const [status] = await both
      return status
    } catch (cause) {
      if (!over.signal.aborted || signal?.aborted) throw cause
      throw new DisconnectError(DiscReason.ReadTimeout, 'local', { detail: `no Status within ${timeout} ms`, cause })
    } finally {
      late.cancel()
    }
  } finally {
    signal?.removeEventListener('abort', onAbort)
    over.abort()
  }
}

/** What keeps the peer from being one of ours, in geth's order. */
function statusFault(status: Status, version: EthVersion, chain: HandshakeOptions['chain']): string | undefined {
  const { networkId, forks } = chain
  if (status.networkId !== networkId) return `is on network ${status.networkId}, not ${networkId}`
  if (status.version !== version) return `says that it speaks version ${status.version}, not ${version}`
  if (!equalBytes(status.genesisHash, forks.genesisHash)) {
    return `has the genesis block ${bytesToHex(status.genesisHash)}, not ${bytesToHex(forks.genesisHash)}`
  }
  const fork = checkForkId(forks, chain.head(), status.forkId)
  if (fork !== undefined) return `follows other forks (${fork})`
  const range = status.range === undefined ? undefined : blockRangeFault(status.range)
  return range === undefined ? undefined : `has an impossible range: ${range}`
}

import { bytesToHex, type Clock, EthspanError, type Peer, type Protocol, systemClock } from '@ethspan/core'
import type { Awaitable, EthChain, EthPool } from './chain.js'
import { forkId, forkIdRlp } from './fork-id.js'
import { handshake } from './handshake.js'
import { ETH_VERSIONS, type EthVersion, PROTOCOL_LENGTHS } from './messages/codes.js'
import { type EthHandlers, EthPeer } from './peer.js'
import { type EthServing, serving } from './serve.js'

export interface EthProtocolsOptions {
  readonly chain: EthChain
  /** Default: none, and no transactions are served. */
  readonly pool?: EthPool
  /** Default: all of {@link ETH_VERSIONS}. Two nodes speak the highest that both have. */
  readonly versions?: readonly EthVersion[]
  readonly handlers?: EthHandlers & {
    /** A peer has come through the handshake. Its messages are read from now on, without waiting for what this returns. */
    connected?(peer: EthPeer): Awaitable<void>
    /** It is gone. */
    disconnected?(peer: EthPeer): void
  }
  /** Answers requests, all or those of a peer. Default: from `chain` and `pool`, within geth's limits. */
  readonly serving?: EthServing | ((peer: Peer) => EthServing)
  /** Default: the system's. */
  readonly clock?: Clock
  /** Milliseconds for Status. Default `HANDSHAKE_TIMEOUT_MS`. */
  readonly handshakeTimeout?: number
  /** Milliseconds that an answer may take. Default `REQUEST_TIMEOUT_MS`. */
  readonly requestTimeout?: number
}

/**
 * The protocol `eth` in each of its versions, for `new Server({ protocols })`.
 * @throws {EthspanError} ERR_INVALID_OPTION for no version, or one that is not spoken here.
 */
export function ethProtocols(options: EthProtocolsOptions): Protocol[] {
  const { chain, pool, versions = ETH_VERSIONS, handlers = {}, clock = systemClock } = options
  const { serving: serves = serving(chain, pool), handshakeTimeout, requestTimeout } = options
  if (versions.length === 0 || versions.some((version) => !ETH_VERSIONS.includes(version))) {
    throw new EthspanError('ERR_INVALID_OPTION', `versions of eth must be of ${ETH_VERSIONS.join(', ')}`)
  }
  const peers = new Map<string, EthPeer>()
  const protocol = (version: EthVersion): Protocol => ({
    name: 'eth',
    version,
    length: PROTOCOL_LENGTHS[version],
    attributes: { eth: [forkIdRlp(forkId(chain.forks, chain.head()))] },
    nodeInfo: () => ({
      network: Number(chain.networkId),
      genesis: `0x${bytesToHex(chain.forks.genesisHash)}`,
      head: `0x${bytesToHex(chain.head().hash)}`,
    }),
    peerInfo: (id) => peerInfo(peers.get(id)),
    run: async (peer, rw) => {
      const { signal } = peer
      const status = await handshake(rw, { version, chain, clock, timeout: handshakeTimeout, signal })
      const eth = new EthPeer({
        peer,
        rw,
        version,
        status,
        serving: typeof serves === 'function' ? serves(peer) : serves,
        handlers,
        clock,
        requestTimeout,
      })
      peers.set(peer.id, eth)
      try {
        await Promise.race([eth.run(), failureOf(() => handlers.connected?.(eth))])
      } finally {
        if (peers.get(peer.id) === eth) peers.delete(peer.id)
        handlers.disconnected?.(eth)
      }
    },
  })
  return versions.map(protocol)
}

/** Settles only if `work` fails, at once or later. */
async function failureOf(work: () => Awaitable<void> | undefined): Promise<void> {
  await work()
  await new Promise<never>(() => undefined)
}

/** As geth's `admin.peers` shows it. */
function peerInfo(peer: EthPeer | undefined): unknown {
  if (peer === undefined) return 'handshake'
  const { version, range } = peer
  if (range === undefined) return { version }
  const { earliest, latest, latestHash } = range
  return {
    version,
    earliestBlock: Number(earliest),
    latestBlock: Number(latest),
    latestBlockHash: `0x${bytesToHex(latestHash)}`,
  }
}

import { DisconnectError, discReasonText, type Logger, type Server } from '@ethspan/core'

/** Hex digits of a node id in a line; enough to tell nodes apart, as in geth. */
const SHORT_ID = 16

/** Logs who comes and goes, and who could not be reached, with reasons in words. */
export function logPeers(server: Server, log: Logger): void {
  /** Nodes whose dials fail; said once at `info`, then only to those who debug. */
  const unreachable = new Set<string>()
  const levelOf = (id: string) => {
    const isNews = !unreachable.has(id)
    unreachable.add(id)
    return isNews ? 'info' : 'debug'
  }

  server.addEventListener('peeradd', ({ peer }) => {
    unreachable.delete(peer.id)
    const direction = peer.inbound ? 'in' : 'out'
    const { name: client, transport, remoteAddress: address } = peer
    log.info('peer connected', { id: short(peer.id), client, transport, direction, address, peers: server.peerCount })
  })
  server.addEventListener('peerdrop', ({ peer, reason, side, error }) => {
    const why = { reason: discReasonText(reason), by: side === 'remote' ? 'peer' : 'us' }
    // A goodbye says it all; anything else has a story.
    const detail = error instanceof DisconnectError && error.cause === undefined ? {} : { error }
    log.info('peer gone', { id: short(peer.id), client: peer.name, ...why, peers: server.peerCount, ...detail })
  })
  server.addEventListener('dialfail', ({ node, error, retryIn }) => {
    log[levelOf(node.id)]("can't reach a node", {
      id: short(node.id),
      address: node.toString(),
      error,
      ...retry(retryIn),
    })
  })
  server.addEventListener(
    'handshakefail',
    ({ stage, inbound, transport, remoteAddress: address, node, error, retryIn }) => {
      // Strangers knock all the time; a node that its user named is worth a line.
      const level = inbound || node === undefined ? 'debug' : levelOf(node.id)
      const id = node === undefined ? {} : { id: short(node.id) }
      log[level]('a connection came to nothing', { ...id, stage, transport, address, error, ...retry(retryIn) })
    },
  )
}

const short = (id: string) => id.slice(0, SHORT_ID)

const retry = (ms: number | undefined) => (ms === undefined ? {} : { again: `in ${Math.ceil(ms / 1000)} s` })

// `ethspan peers`: the peers of a running node, once or as a live table.
import { asError, type PeerInfo } from '@ethspan/core'
import { type RpcClient, RpcError } from '@ethspan/rpc'
import { connect } from '@ethspan/rpc/endpoints'
import { addressOf, type NodeEndpoint, withHint } from './endpoint.js'
import { json, type Output } from './output.js'
import { peersTable } from './peers-table.js'

/** Milliseconds between two looks at the node. */
export const WATCH_INTERVAL = 1_000

export interface Peers extends NodeEndpoint {
  readonly watch: boolean
  readonly json: boolean
}

/** The screen that a live table is drawn on. */
export interface Screen extends Output {
  readonly isTerminal: boolean
  /** Characters in a line, lines on the screen. */
  readonly columns: number
  readonly rows: number
}

const METHOD = 'admin_peers'
const HIDE_CURSOR = '\x1b[?25l'
const SHOW_CURSOR = '\x1b[?25h'
const HOME = '\x1b[H'
const CLEAR_LINE = '\x1b[K'
const CLEAR_BELOW = '\x1b[J'
const CLEAR_ALL = '\x1b[2J'

/**
 * Shows the peers; with `watch` until the signal fires or the node is gone.
 * @throws {EthspanError} ERR_DIAL, ERR_CLOSED, ERR_STATE; {RpcError}
 */
export async function peers(options: Peers, screen: Screen, signal: AbortSignal): Promise<void> {
  const address = addressOf(options)
  const client = await connect(address, { signal })
  try {
    if (options.watch) await watch(client, address, options, screen, signal)
    else {
      const list = await readPeers(client)
      screen.out(options.json ? json(list) : `${peersTable(list, { now: Date.now() }).join('\n')}\n`)
    }
  } finally {
    client.close()
  }
}

async function watch(client: RpcClient, address: string, { json: asJson }: Peers, screen: Screen, signal: AbortSignal) {
  const isLive = screen.isTerminal && !asJson
  if (isLive) screen.out(HIDE_CURSOR + CLEAR_ALL)
  try {
    while (!signal.aborted) {
      const list = await readPeers(client, signal)
      if (asJson) screen.out(`${JSON.stringify(list)}\n`)
      else if (isLive) screen.out(frame(list, address, screen))
      else screen.out(`${peersTable(list, { now: Date.now() }).join('\n')}\n\n`)
      await pause(WATCH_INTERVAL, signal)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    if (isLive) screen.out(SHOW_CURSOR)
  }
}

/** One picture: drawn over the last one, so that nothing flickers. */
function frame(list: readonly PeerInfo[], address: string, { columns, rows }: Screen): string {
  const title = `${list.length} ${list.length === 1 ? 'peer' : 'peers'} of ${address}   ${new Date().toLocaleTimeString()}   Ctrl-C ends`
  const lines = [title, '', ...peersTable(list, { now: Date.now(), columns })]
  const room = Math.max(3, rows - 1)
  const shown = lines.length <= room ? lines : [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more`]
  return `${HOME}${shown.map((line) => line.slice(0, columns) + CLEAR_LINE).join('\n')}\n${CLEAR_BELOW}`
}

async function readPeers(client: RpcClient, signal?: AbortSignal): Promise<readonly PeerInfo[]> {
  try {
    return await client.request<readonly PeerInfo[]>(METHOD, [], signal === undefined ? {} : { signal })
  } catch (error) {
    throw withHint(asError(error), error instanceof RpcError ? error.code : undefined, METHOD)
  }
}

const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) return resolve()
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })

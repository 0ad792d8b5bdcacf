// Takes the WebSockets of reporters and of pages from an HTTP server.
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Timer } from '@ethspan/core'
import { clientAddress, isLAN, pathOf, type Refusal, refuseUpgrade, TokenBuckets } from '@ethspan/core/netutil'
import { type WebSocket, WebSocketServer } from 'ws'
import { FEED_PATH, type StatsSnapshot } from '../feed.js'
import { API_PATH } from '../url.js'
import { acceptedSocket, listenTo } from './accepted-socket.js'
import { FEED_INTERVAL } from './limits.js'
import { type CheckedOptions, checkOptions, type StatsServerOptions } from './options.js'
import { isOriginAllowed, isOwnReporter } from './origins.js'
import { PageFeed } from './page-feed.js'
import { Reporters } from './reporters.js'
import { CloseCode } from './server-socket.js'

/** Bytes in the longest message of a page, which has nothing to say. */
const PAGE_MESSAGE_BYTES = 125
/** Milliseconds `ws` waits for the other side's half of the closing handshake before it cuts the connection. */
const CLOSE_TIMEOUT = 2_000

const NOT_HERE: Refusal = { status: 404, text: 'There is no WebSocket here.' }
const FULL: Refusal = { status: 503, text: 'All places are taken; try again later.' }
const TOO_OFTEN: Refusal = { status: 429, text: 'Too many connections from your address; try again in a second.' }

const forbidden = ({ headers: { origin } }: IncomingMessage, what: string): Refusal => ({
  status: 403,
  text: `Pages from ${JSON.stringify(origin)} may not ${what} here.`,
})

export interface AttachOptions {
  /** Paths of WebSockets that others on the same HTTP server answer; what is neither theirs nor ours is refused. */
  readonly others?: readonly string[]
}

/**
 * An ethstats server: nodes report at `/api` as to eth-netstats, pages watch at `/stats/feed`. It has no port of its own but is
 * given the requests for upgrades of an HTTP server.
 */
export class StatsServer {
  readonly #options: CheckedOptions
  readonly #reporters: Reporters
  readonly #feed: PageFeed
  /** By address. */
  readonly #pages = new Map<WebSocket, string>()
  readonly #rate: TokenBuckets
  readonly #reporterSockets: WebSocketServer
  readonly #pageSockets: WebSocketServer
  readonly #detach = new Set<() => void>()
  #feedTimer: Timer | undefined
  #isClosed = false

  /** @throws {EthspanError} ERR_INVALID_OPTION */
  constructor(options: StatsServerOptions) {
    this.#options = checkOptions(options)
    const { clock, limits } = this.#options
    this.#reporters = new Reporters(this.#options)
    this.#feed = new PageFeed(clock, limits, this.snapshot())
    this.#rate = new TokenBuckets({ ...limits.connections, clock })
    this.#reporterSockets = webSocketServer(limits.messageBytes)
    this.#pageSockets = webSocketServer(PAGE_MESSAGE_BYTES)
  }

  /** All that pages are shown. */
  snapshot(): StatsSnapshot {
    return this.#reporters.snapshot()
  }

  /** Takes the upgrades of an HTTP server, until it is closed or the returned function is called. */
  attach(server: Server, { others }: AttachOptions = {}): () => void {
    const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (this.handleUpgrade(request, socket, head)) return
      // Without being told whose it may be, it is left to whoever else listens; without anybody it would hang for ever.
      const isOthers = others === undefined ? server.listenerCount('upgrade') > 1 : others.includes(pathOf(request))
      if (!isOthers) refuseUpgrade(socket, NOT_HERE)
    }
    const detach = () => {
      server.off('upgrade', onUpgrade)
      this.#detach.delete(detach)
    }
    server.on('upgrade', onUpgrade)
    this.#detach.add(detach)
    return detach
  }

  /** Answers a request for an upgrade. False where its path is not one of ours: then nothing was done. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    const path = pathOf(request)
    if (path !== API_PATH && path !== FEED_PATH) return false
    socket.on('error', () => socket.destroy())
    try {
      this.#answer(request, socket, head, path)
    } catch (error) {
      // Thrown on, it would end the process: we are called by the HTTP server.
      this.#options.log.error('a request for a WebSocket failed', { error })
      socket.destroy()
    }
    return true
  }

  /** Ends all connections and takes no more. Idempotent. */
  close(): void {
    this.#isClosed = true
    for (const detach of [...this.#detach]) detach()
    this.#feedTimer?.cancel()
    this.#feedTimer = undefined
    this.#feed.close()
    this.#reporters.close()
  }

  #answer(request: IncomingMessage, socket: Duplex, head: Buffer, path: string): void {
    const { log, trustProxy } = this.#options
    const address = clientAddress(request, trustProxy)
    const refusal = this.#refusal(request, address, path)
    if (refusal !== undefined) {
      log.debug('refused a WebSocket', { address, path, status: refusal.status, why: refusal.text })
      refuseUpgrade(socket, refusal)
    } else if (path === API_PATH) {
      this.#reporterSockets.handleUpgrade(request, socket, head, (ws) => this.#welcomeReporter(ws, socket, address))
    } else {
      this.#pageSockets.handleUpgrade(request, socket, head, (ws) => this.#welcomePage(ws, address))
    }
  }

  #refusal(request: IncomingMessage, address: string, path: string): Refusal | undefined {
    if (this.#isClosed) return FULL
    // Behind a proxy that is not trusted all have its address, which is one of the LAN.
    if (!isLAN(address) && !this.#rate.take(address)) return TOO_OFTEN
    const { foreignReporters } = this.#options
    if (path === API_PATH) {
      if (!foreignReporters && !isOwnReporter(request, this.#options)) return forbidden(request, 'report')
      return this.#reporters.hasRoomFor(address) ? undefined : FULL
    }
    if (!isOriginAllowed(request, this.#options)) return forbidden(request, 'watch')
    const { pages, pagesPerAddress } = this.#options.limits
    const ofAddress = [...this.#pages.values()].filter((other) => other === address).length
    return this.#pages.size < pages && ofAddress < pagesPerAddress ? undefined : FULL
  }

  #welcomeReporter(ws: WebSocket, socket: Duplex, address: string): void {
    const connection = this.#reporters.add(acceptedSocket(ws), address)
    // What makes no message yet counts, too.
    socket.on('data', (chunk: Uint8Array) => connection.received(chunk.length))
    listenTo(ws, {
      message: (text, isBinary) => connection.message(text, isBinary),
      closed: (why) => connection.closed(why),
    })
  }

  #welcomePage(ws: WebSocket, address: string): void {
    const socket = acceptedSocket(ws)
    this.#pages.set(ws, address)
    listenTo(ws, {
      message: () => socket.close(CloseCode.Policy, 'pages only listen here'),
      closed: () => {
        this.#pages.delete(ws)
        this.#feed.remove(socket)
      },
    })
    this.#feed.add(socket, this.snapshot())
    this.#tellPages()
  }

  /** Every now and then, as long as anybody watches. */
  #tellPages(): void {
    this.#feedTimer ??= this.#options.clock.setTimeout(() => {
      this.#feedTimer = undefined
      this.#feed.flush(this.snapshot())
      if (this.#feed.size > 0) this.#tellPages()
    }, FEED_INTERVAL)
  }
}

function webSocketServer(maxPayload: number): WebSocketServer {
  // A variable, because the types of `ws` do not know `closeTimeout`.
  const options = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload,
    closeTimeout: CLOSE_TIMEOUT,
  }
  return new WebSocketServer(options)
}

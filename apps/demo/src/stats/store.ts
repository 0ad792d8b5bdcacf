// What the page shows, as signals fed by the server. Components read these and change nothing but the order of the table.

import { emptySnapshot, FEED_PATH, type StatsSnapshot } from '@ethspan/ethstats/feed'
import { batch, computed, effect, signal } from '@preact/signals'
import { FeedClient, type FeedHandler, type FeedState } from './feed-client.js'
import { figuresOf } from './figures.js'
import { type Order, sortNodes, type Yardstick } from './sort.js'
import { groupDigits } from './words.js'

/** How often ages are brought up to date while the page is visible; milliseconds. */
const TICK = 1000

export const feedState = signal<FeedState>({ phase: 'connecting' })
export const picture = signal<StatsSnapshot>(emptySnapshot)
/** By how much the server's clock is ahead; milliseconds. */
const ahead = signal(0)
const tick = signal(Date.now())
/** By the server's clock, milliseconds since 1970; moved on by the page's one ticker. */
export const now = computed(() => tick.value + ahead.value)
/** The page's own clock. */
export const localNow = computed(() => tick.value)
export const figures = computed(() => figuresOf(picture.value))
export const order = signal<Order>({ by: 'state', descending: false })
export const yardstick = computed<Yardstick>(() => {
  return { network: picture.value.network, best: figures.value.best?.number }
})
export const nodes = computed(() => sortNodes(picture.value.nodes, order.value, yardstick.value))

/** The feed is below the page's own path, wherever a proxy has put it. */
const feedUrl = (): string => {
  const url = new URL(`.${FEED_PATH}`, location.href)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return url.href
}

function open(handler: FeedHandler): () => void {
  const socket = new WebSocket(feedUrl())
  socket.onmessage = ({ data }: MessageEvent<string>) => handler.message(data)
  socket.onclose = () => handler.closed()
  return () => {
    socket.onmessage = null
    socket.onclose = null
    socket.close()
  }
}

/** Connects the signals to the server and runs the ticker while the page is visible. */
export function startStore(): void {
  const client = new FeedClient({
    open,
    now: () => Date.now(),
    later: (callback, ms) => {
      const timer = setTimeout(callback, ms)
      return () => clearTimeout(timer)
    },
    state: (state) => {
      if (state.phase === 'live' && feedState.peek().phase === 'live') return
      feedState.value = state
    },
    picture: (next, difference) =>
      batch(() => {
        tick.value = Date.now()
        ahead.value = difference
        picture.value = next
      }),
  })
  client.connect()
  // Seen where the page itself is not: in the list of tabs.
  effect(() => {
    const best = figures.value.best?.number
    document.title = `${best === undefined ? 'Network stats' : `#${groupDigits(best)}`} · ethspan`
  })
  let ticker: ReturnType<typeof setInterval> | undefined
  const onVisibility = () => {
    clearInterval(ticker)
    ticker = undefined
    if (document.visibilityState === 'hidden') return
    client.wake()
    tick.value = Date.now()
    ticker = setInterval(() => {
      tick.value = Date.now()
    }, TICK)
  }
  document.addEventListener('visibilitychange', onVisibility)
  onVisibility()
}

import type { Rate } from '@ethspan/core'

/** Counts, sizes in bytes and times in milliseconds that a server keeps to; each can be changed by `new StatsServer({ limits })`. */
export interface StatsLimits {
  /** Nodes that are known, those that are offline included. Ours: a page holds no more at a glance. */
  readonly nodes: number
  /** Reporters connected from one address. Ours: a rack behind one router. */
  readonly reportersPerAddress: number
  /** Connections that have not said hello yet. Ours: they hold little and only for `loginTimeout`. */
  readonly strangers: number
  /** Pages that watch, in all and from one address. Ours. */
  readonly pages: number
  readonly pagesPerAddress: number
  /** How long a connection may take to say hello. Ours; geth says it at once. */
  readonly loginTimeout: number
  /** All that a connection may send before it is logged in. Ours: some times what the longest hello has. */
  readonly helloBytes: number
  /**
   * The longest message. Ours: five full blocks of a history, with room; a block of 60 million gas holds up to 2,857
   * transactions, each told in 77 bytes.
   */
  readonly messageBytes: number
  /** Messages at once, and then a second. Ours: geth tells each block of a fast development chain in two. */
  readonly messages: Rate
  /** Bytes at once, and then a second. Ours: two of the longest messages, then a quarter of one. */
  readonly bytes: Rate
  /** New WebSockets from one address. Ours, as the gateway's; addresses of the LAN are not counted. */
  readonly connections: Rate
  /** A node that says nothing for so long is shown as quiet. Ours: two full reports of geth's. */
  readonly quietAfter: number
  /** And for so long is cut off. Ours: four of them. */
  readonly silence: number
  /** A node that is offline is forgotten after so long. Ours, as eth-netstats. */
  readonly forgetAfter: number
  /** Bytes a page may leave unread before changes are kept from it until it has read them. Ours: some snapshots. */
  readonly pageBacklog: number
  /** And for how long, before it is cut off. Ours. */
  readonly pageStall: number
}

export const defaultStatsLimits: StatsLimits = {
  nodes: 512,
  reportersPerAddress: 64,
  strangers: 64,
  pages: 256,
  pagesPerAddress: 64,
  loginTimeout: 5_000,
  helloBytes: 16 * 1024,
  messageBytes: 2 * 1024 * 1024,
  messages: { capacity: 500, refillPerSecond: 50 },
  bytes: { capacity: 4 * 1024 * 1024, refillPerSecond: 512 * 1024 },
  connections: { capacity: 30, refillPerSecond: 1 },
  quietAfter: 30_000,
  silence: 60_000,
  forgetAfter: 3_600_000,
  pageBacklog: 1024 * 1024,
  pageStall: 30_000,
}

/** Blocks in the charts. Source: eth-netstats, `MAX_BINS`. */
export const HISTORY_BLOCKS = 40
/** Blocks of one number that are kept apart. Ours: forks are short, and a node could make up any number of them. */
export const MAX_FORKS = 4
/** Blocks asked for in one `history`, so that the answer keeps to `messageBytes`. */
export const HISTORY_REQUEST = 5
/** Blocks read from one answer; servers ask for at most 50 (geth, `historyUpdateRange`). */
export const MAX_HISTORY_ANSWER = 50
/** Milliseconds a node has to answer `history`, and is not asked again where its answer brought nothing. Source: eth-netstats. */
export const HISTORY_TIMEOUT = 30_000
export const HISTORY_PAUSE = 120_000

/** Propagation times kept for each node. Source: eth-netstats, `MAX_PEER_PROPAGATION`. */
export const NODE_PROPAGATIONS = 40
/** Propagation times that the histogram counts; the oldest go first. Ours. */
export const PROPAGATION_SAMPLES = 1_000
/** Upper ends of the histogram's bins, milliseconds. Ours: from a LAN's times to those of a network in trouble. */
export const PROPAGATION_BINS = [50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000] as const

/** Milliseconds between two looks at who is late, silent or to be forgotten. */
export const SWEEP_INTERVAL = 1_000
/** Milliseconds between two pings of a reporter, which measure the way to it. Geth's own come as often. */
export const PING_INTERVAL = 15_000
/** Milliseconds between two messages to pages: often enough to look live, seldom enough for many nodes. */
export const FEED_INTERVAL = 500
/** Milliseconds after which a page is told something even where nothing changed, so that it knows it is connected. */
export const FEED_KEEPALIVE = 15_000

/** A second connection of the same name is refused while the first was heard within so long; milliseconds. */
export const DUPLICATE_GRACE = 20_000

/** Warnings at once, and then a second, of those who are refused; the others are told at level debug. Ours. */
export const REFUSAL_WARNINGS = { capacity: 20, refillPerSecond: 0.1 } as const

/** Bytes that may wait to leave for a reporter; we tell it next to nothing. */
export const REPORTER_BACKLOG = 256 * 1024

/** UTF-16 units kept of what a node says of itself. */
export const MAX_TEXT = 128
/** Digits of a difficulty: 2 to the power of 256. */
export const MAX_DIFFICULTY_DIGITS = 78

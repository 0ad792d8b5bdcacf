// What the node has to show, and how pages learn of it: each asks for what it has not seen yet. So a page that sleeps costs
// nothing and misses nothing: it is told all anew when too much happened meanwhile.
import { addMessage, append, MAX_LOG } from './bounded.js'
import type { NodeEvent, Snapshot } from './client.js'

/** Events kept for pages that have not asked for them yet; whoever is further behind gets a snapshot. */
export const MAX_RECENT = 256
/** How long a page waits for an answer when nothing happens; milliseconds. A sign of life, both ways. */
export const PATIENCE = 20_000

/** Some events, and what to ask with for those after them. */
export interface Batch {
  readonly next: number
  readonly events: readonly NodeEvent[]
}

export interface Waiting {
  /** Fires when the page is gone. */
  readonly signal: AbortSignal
  /** Calls back once; returns how to call it off. */
  later(callback: () => void, ms: number): () => void
}

export class Board {
  #snapshot: Snapshot = {
    state: { phase: 'stopped' },
    peers: [],
    targets: [],
    network: { nodes: [], links: [] },
    log: [],
    chat: [],
    tabs: 1,
  }
  #recent: NodeEvent[] = []
  /** How many events there were. */
  #count = 0
  readonly #waiting = new Set<() => void>()

  get snapshot(): Snapshot {
    return this.#snapshot
  }

  emit(event: NodeEvent): void {
    this.#snapshot = after(this.#snapshot, event)
    this.#recent.push(event)
    if (this.#recent.length > MAX_RECENT) this.#recent.shift()
    this.#count += 1
    for (const wake of this.#waiting) wake()
  }

  /**
   * What happened after the batch that told `seen`; all there is where that is undefined or too long ago. Resolves once there
   * is something, after {@link PATIENCE} with nothing, or when the page is gone.
   */
  async since(seen: number | undefined, waiting: Waiting): Promise<Batch> {
    if (seen === this.#count) await this.#something(waiting)
    const missed = seen === undefined ? Number.POSITIVE_INFINITY : this.#count - seen
    // Negative: a page that knew another node's board.
    if (missed < 0 || missed > this.#recent.length) {
      return { next: this.#count, events: [{ type: 'snapshot', snapshot: this.#snapshot }] }
    }
    return { next: this.#count, events: this.#recent.slice(this.#recent.length - missed) }
  }

  #something({ signal, later }: Waiting): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel()
        this.#waiting.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const cancel = later(done, PATIENCE)
      this.#waiting.add(done)
      signal.addEventListener('abort', done)
    })
  }
}

function after(snapshot: Snapshot, event: NodeEvent): Snapshot {
  switch (event.type) {
    case 'snapshot':
      return event.snapshot
    case 'identity':
      return { ...snapshot, identity: event.identity }
    case 'state':
      return { ...snapshot, state: event.state }
    case 'peers':
      return { ...snapshot, peers: event.peers }
    case 'targets':
      return { ...snapshot, targets: event.targets }
    case 'network':
      return { ...snapshot, network: event.network }
    case 'log':
      return { ...snapshot, log: append(snapshot.log, event.entry, MAX_LOG) }
    case 'chat':
      return { ...snapshot, chat: addMessage(snapshot.chat, event.message) }
    case 'tabs':
      return { ...snapshot, tabs: event.tabs }
    case 'chain': {
      const { chain: _, ...rest } = snapshot
      return event.chain === undefined ? rest : { ...rest, chain: event.chain }
    }
    case 'account': {
      const { account: _, ...rest } = snapshot
      return event.account === undefined ? rest : { ...rest, account: event.account }
    }
  }
}

// What one publisher tells: a feed, as the subscriber keeps it.
import type { Clock, RlpItem } from '@ethspan/core'
import { breach, decodeEntry, decodeNodeId, type FeedEntry, PeersMsg, peersLimits } from './messages.js'

/** Milliseconds. Ages are rounded and travel: the same connection is told with some difference. */
const ageTolerance = 5_000

/** A node as a publisher tells of it. */
export interface FeedNode extends FeedEntry {
  /** The id of the publisher. */
  readonly via: string
}

export interface FeedChange {
  /** New nodes, and known ones of which something changed. */
  readonly added: readonly FeedNode[]
  readonly removed: readonly FeedNode[]
}

export class Feed {
  readonly #via: string
  readonly #clock: Clock
  /** By node id, at most {@link peersLimits.nodes}. */
  readonly #nodes = new Map<string, FeedNode>()
  #hasSnapshot = false

  /** @param via the id of the publisher */
  constructor(via: string, clock: Clock) {
    this.#via = via
    this.#clock = clock
  }

  get nodes(): readonly FeedNode[] {
    return [...this.#nodes.values()]
  }

  /**
   * Takes a Snapshot, an Add or a Remove, and says what it changed.
   * @throws {EthspanError} ERR_PROTOCOL, ERR_INVALID_RLP and the like for what no publisher may say
   */
  take(code: number, items: readonly RlpItem[]): FeedChange {
    const isSnapshot = code === PeersMsg.Snapshot
    if (!this.#hasSnapshot && !isSnapshot) throw breach('told of changes before the first snapshot')
    this.#hasSnapshot = true
    return code === PeersMsg.Remove ? this.#remove(items) : this.#put(items, isSnapshot)
  }

  #remove(items: readonly RlpItem[]): FeedChange {
    const removed: FeedNode[] = []
    for (const item of items) {
      const id = decodeNodeId(item)
      const node = this.#nodes.get(id)
      // Unknown: it came and went while this node was slow to read.
      if (node !== undefined) removed.push(node)
      this.#nodes.delete(id)
    }
    return { added: [], removed }
  }

  #put(items: readonly RlpItem[], isSnapshot: boolean): FeedChange {
    const told = new Map<string, FeedNode>()
    for (const item of items) {
      const node = { ...decodeEntry(item, this.#clock.wallTime()), via: this.#via }
      if (told.has(node.id)) throw breach('told of one node twice in one message')
      told.set(node.id, node)
    }
    const removed = isSnapshot ? this.nodes.filter(({ id }) => !told.has(id)) : []
    for (const { id } of removed) this.#nodes.delete(id)
    const added = [...told.values()].filter((node) => !isSame(this.#nodes.get(node.id), node))
    for (const node of added) this.#nodes.set(node.id, node)
    if (this.#nodes.size > peersLimits.nodes) throw breach(`told of more than ${peersLimits.nodes} nodes`)
    return { added, removed }
  }
}

function isSame(a: FeedNode | undefined, b: FeedNode): boolean {
  if (a === undefined || Math.abs(a.connectedSince - b.connectedSince) > ageTolerance) return false
  return JSON.stringify({ ...a, connectedSince: 0 }) === JSON.stringify({ ...b, connectedSince: 0 })
}

// Fetches bodies and receipts of blocks whose headers are known, from all peers that have them, and gives them out in order.
import type { BlockToKeep } from '@ethspan/chain'
import { asError, bytesToHex, type Clock } from '@ethspan/core'
import {
  HEAD_STALL_ROUND_TRIPS,
  MAX_BODIES_ASK,
  MAX_IMPORT_BLOCKS,
  MAX_IMPORT_BYTES,
  MAX_RECEIPTS_ASK,
  MAX_WINDOW_BLOCKS,
  SOFT_RESPONSE_BYTES,
} from '../limits.js'
import type { PeerSet } from '../peers/peer-set.js'
import type { RatedPeer } from '../peers/rated-peer.js'
import { type Ask, BlockTask, type Part } from './block-task.js'
import { deliverBodies } from './bodies.js'
import type { Delivery } from './delivery.js'
import { deliverReceipts, receiptsQuestion } from './receipts.js'
import type { HashedHeader } from './skeleton-store.js'

export interface BlockFetcherOptions {
  readonly peers: PeerSet
  readonly clock: Pick<Clock, 'now'>
  /** False where blocks are executed, which makes their receipts. */
  readonly needsReceipts: boolean
  /** Bytes of what waits, and may come of what is asked for. */
  readonly maxBytes: number
  /** Something has come, or has come to nothing. */
  readonly onChange: () => void
  /** What was delivered is right by its header, but the header itself breaks the rules. */
  readonly onInvalid: (number: bigint, error: Error) => void
}

const MAX_ASK: Readonly<Record<Part, number>> = { bodies: MAX_BODIES_ASK, receipts: MAX_RECEIPTS_ASK }

export class BlockFetcher {
  readonly #options: BlockFetcherOptions
  /** Ascending, without a gap. */
  #tasks: BlockTask[] = []
  /** Requests under way. */
  #asks = 0

  constructor(options: BlockFetcherOptions) {
    this.#options = options
  }

  /** Blocks in the window. */
  get length(): number {
    return this.#tasks.length
  }

  /** How many more blocks the window takes. */
  get room(): number {
    return MAX_WINDOW_BLOCKS - this.#tasks.length
  }

  /** The last block of the window. */
  get last(): BlockTask | undefined {
    return this.#tasks.at(-1)
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#tasks.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** The blocks that come next, ascending, on top of the last one. */
  push(headers: readonly HashedHeader[]): void {
    const { needsReceipts } = this.#options
    for (const header of headers) this.#tasks.push(new BlockTask(header, { needsReceipts }))
  }

  /** Blocks from this number on are not wanted any more. */
  cut(from: bigint): void {
    const at = this.#tasks.findIndex(({ number }) => number >= from)
    if (at === -1) return
    for (const task of this.#tasks.splice(at)) task.isWanted = false
  }

  /** Takes complete blocks from the front, within the limits of an import. */
  take(): BlockToKeep[] {
    const blocks: BlockToKeep[] = []
    let bytes = 0
    for (const task of this.#tasks) {
      if (!task.isComplete || blocks.length >= MAX_IMPORT_BLOCKS || bytes >= MAX_IMPORT_BYTES) break
      blocks.push(task.toBlock())
      bytes += task.bytes
    }
    this.#tasks.splice(0, blocks.length)
    return blocks
  }

  /** Asks peers that are free for what is missing. */
  schedule(): void {
    this.#releaseLagging()
    this.#continueParts()
    for (const part of ['bodies', 'receipts'] as const) {
      let open = this.#tasks.filter((task) => task.lacks(part) && task.asks[part] === undefined)
      for (const peer of this.#freePeers(part, open[0])) {
        const tasks = this.#reserve(peer, part, open)
        if (tasks.length === 0) continue
        void (part === 'bodies' ? this.#askBodies(peer, tasks) : this.#askReceipts(peer, tasks))
        open = open.filter((task) => task.asks[part] === undefined)
      }
    }
  }

  /** What the first block waits for that no peer has, in words; undefined where that is not so. */
  get waitsFor(): string | undefined {
    const [first] = this.#tasks
    for (const part of ['bodies', 'receipts'] as const) {
      if (!first?.lacks(part) || first.asks[part] !== undefined) continue
      if (part === 'receipts' && first.parts !== undefined) continue
      if ([...this.#options.peers.values()].some((peer) => mayHave(peer, part, first))) continue
      if (part === 'bodies') return `a peer that has the body of block ${first.number}`
      const who = first.receiptsBy(69) === 'never' ? 'a peer of eth/70 or later' : 'a peer'
      return `${who} that has the receipts of block ${first.number}`
    }
    return undefined
  }

  /** Who says that it has the block that comes next first; then who has less to do, and who is faster. */
  #freePeers(part: Part, next: BlockTask | undefined): RatedPeer[] {
    if (next === undefined) return []
    const knows = (peer: RatedPeer) => Number(peer.knows(next.number))
    const weight = ({ score, rate }: RatedPeer) => score * (rate.speed(part) ?? 1)
    return [...this.#options.peers.values()]
      .filter((peer) => peer.isFree(part))
      .sort((a, b) => knows(b) - knows(a) || a.underWay(part) - b.underWay(part) || weight(b) - weight(a))
  }

  /** What this peer is asked for next: from the front, as much as it delivers in the target round trip. */
  #reserve(peer: RatedPeer, part: Part, open: readonly BlockTask[]): BlockTask[] {
    const { peers } = this.#options
    const max = Math.min(MAX_ASK[part], peer.rate.capacity(part, peers.rates.targetRoundTrip))
    const tasks: BlockTask[] = []
    for (const task of open) {
      if (tasks.length >= max) break
      if (!mayHave(peer, part, task)) continue
      if (part === 'receipts' && task.parts !== undefined) continue
      // The first block is always fetched, or all would wait for room that only it can make.
      if (tasks.length === 0 && task !== this.#tasks[0] && !this.#hasRoom) break
      if (part === 'receipts' && task.receiptsBy(peer.eth.version) === 'alone') {
        if (tasks.length > 0) break
        return [task]
      }
      tasks.push(task)
    }
    return tasks
  }

  /** Whether what waits leaves room for one more full answer beside those under way. */
  get #hasRoom(): boolean {
    return this.bytes + (this.#asks + 1) * SOFT_RESPONSE_BYTES <= this.#options.maxBytes
  }

  /** What the first block waits for too long another may fetch as well: whichever answer is first counts. */
  #releaseLagging(): void {
    const [first] = this.#tasks
    if (first === undefined) return
    const { peers, clock } = this.#options
    for (const part of ['bodies', 'receipts'] as const) {
      const ask = first.asks[part]
      const parts = part === 'receipts' ? first.parts : undefined
      const since = parts?.since ?? ask?.sentAt
      if (since === undefined || !first.lacks(part)) continue
      // What comes in parts has as long for each answer's worth of it.
      const answers = 1 + Math.floor((parts?.bytes ?? 0) / SOFT_RESPONSE_BYTES)
      if (since + answers * HEAD_STALL_ROUND_TRIPS * peers.rates.targetRoundTrip > clock.now()) continue
      if (!this.#mayAskAnother(parts?.peer ?? ask?.peer, part, first)) continue
      // Who goes on with it begins with its first receipt.
      if (part === 'receipts') first.parts = undefined
      if (ask !== undefined) this.#release(part, ask, this.#tasks)
    }
  }

  #mayAskAnother(before: RatedPeer | undefined, part: Part, task: BlockTask): boolean {
    for (const peer of this.#options.peers.values()) {
      if (peer !== before && peer.isFree(part) && mayHave(peer, part, task)) return true
    }
    return false
  }

  /** What this request was to bring can be asked for again. */
  #release(part: Part, ask: Ask, tasks: readonly BlockTask[]): void {
    for (const task of tasks) if (task.asks[part] === ask) delete task.asks[part]
  }

  async #askBodies(peer: RatedPeer, tasks: readonly BlockTask[]): Promise<void> {
    const hashes = tasks.map(({ hash }) => hash)
    await this.#ask(peer, 'bodies', tasks, async () => {
      const bodies = await this.#options.peers.ask(peer, {
        kind: 'bodies',
        items: hashes.length,
        send: (eth, options) => eth.getBlockBodies(hashes, options),
        size: (answer) => ({ items: answer.length, bytes: answer.reduce((sum, { raw }) => sum + raw.length, 0) }),
      })
      return bodies === undefined ? undefined : deliverBodies(tasks, bodies)
    })
  }

  async #askReceipts(peer: RatedPeer, tasks: readonly BlockTask[]): Promise<void> {
    const { peers, clock } = this.#options
    const before = tasks[0]?.parts
    const sentAt = clock.now()
    await this.#ask(peer, 'receipts', tasks, async () => {
      const answer = await peers.ask(peer, receiptsQuestion(tasks, before))
      return answer === undefined ? undefined : deliverReceipts(peer, tasks, before, answer, sentAt)
    })
  }

  async #ask(
    peer: RatedPeer,
    part: Part,
    tasks: readonly BlockTask[],
    fetch: () => Promise<Delivery | undefined>,
  ): Promise<void> {
    const { clock, onChange, onInvalid } = this.#options
    const ask: Ask = { peer, sentAt: clock.now() }
    for (const task of tasks) task.asks[part] = ask
    this.#asks++
    try {
      const delivery = await fetch()
      if (delivery !== undefined) this.#take(peer, delivery)
    } catch (error) {
      // Whoever sent it is innocent: it is what the header says.
      const first = tasks.find(({ isWanted }) => isWanted)
      if (first !== undefined) onInvalid(first.number, asError(error))
    } finally {
      this.#asks--
      this.#release(part, ask, tasks)
      onChange()
    }
  }

  #take(peer: RatedPeer, { missing, fault }: Delivery): void {
    for (const hash of missing) peer.lacked(hash)
    if (fault === undefined) return
    const { task, reason } = fault
    this.#options.peers.endBad(peer, reason, { number: task.number, hash: `0x${bytesToHex(task.hash)}` })
  }

  /** Goes on with receipts that came in part, each with the peer that has sent the first of them. */
  #continueParts(): void {
    const { peers } = this.#options
    for (const task of this.#tasks) {
      if (task.parts === undefined || task.asks.receipts !== undefined) continue
      const { peer } = task.parts
      if (peers.get(peer.id) !== peer) task.parts = undefined
      // Without the body it is not known how many there are.
      else if (task.body !== undefined && peer.isFree('receipts')) void this.#askReceipts(peer, [task])
    }
  }
}

/** Whether a peer may have what a block lacks, as far as is known. */
const mayHave = (peer: RatedPeer, part: Part, task: BlockTask): boolean =>
  peer.serves(task.number) &&
  !peer.lacks(task.hash) &&
  (part === 'bodies' || task.receiptsBy(peer.eth.version) !== 'never')

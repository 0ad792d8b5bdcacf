import { type Clock, hexToBytes, type MsgWriter, type Rate, TokenBucket } from '@ethspan/core'
import { takeInTurn } from '../take-in-turn.js'
import { Wakeup } from '../wakeup.js'
import { encodeEntry, type FeedEntry, PeersMsg, peersLimits } from './messages.js'

/** What a publisher sends to one subscriber: a node or a message is one token. Half of what a subscriber accepts. */
const sendRate: Rate = { capacity: 1024, refillPerSecond: 256 }

/** What one peer still has to be told, and how fast: one that is slow gets the latest state instead of all changes. */
export class Subscriber {
  readonly #published: ReadonlyMap<string, FeedEntry>
  readonly #clock: Clock
  readonly #wakeup = new Wakeup()
  /** Node ids with what to say of them; undefined: gone. At most {@link peersLimits.changes}, past that all is told. */
  readonly #changes = new Map<string, FeedEntry | undefined>()
  #isAllDue = false

  /** @param published all there is to tell, by node id; it changes as nodes come and go */
  constructor(published: ReadonlyMap<string, FeedEntry>, clock: Clock) {
    this.#published = published
    this.#clock = clock
  }

  /** All that is published is to be told, in one Snapshot. */
  tellAll(): void {
    this.#isAllDue = true
    this.#changes.clear()
    this.#wakeup.notify()
  }

  /** A node came, or changed; undefined: it is gone. */
  tell(id: string, entry: FeedEntry | undefined): void {
    if (this.#isAllDue) return
    this.#changes.set(id, entry)
    // It reads slower than nodes come and go: from here on only the latest state counts.
    if (this.#changes.size > peersLimits.changes) this.tellAll()
    this.#wakeup.notify()
  }

  /** Sends what there is to tell, as fast as the peer takes it, until the signal fires. */
  async write(rw: MsgWriter, signal: AbortSignal): Promise<void> {
    const bucket = new TokenBucket(sendRate, this.#clock)
    while (!signal.aborted) {
      await this.#wakeup.wait(signal)
      while (this.#isAllDue || this.#changes.size > 0) {
        const cost = 1 + (this.#isAllDue ? this.#published.size : this.#changes.size)
        if (!(await takeInTurn(bucket, cost, this.#clock, signal))) return
        await this.#sendNext(rw, signal)
      }
    }
  }

  async #sendNext(rw: MsgWriter, signal: AbortSignal): Promise<void> {
    const encode = (entry: FeedEntry) => encodeEntry(entry, this.#clock.wallTime())
    if (this.#isAllDue) {
      this.#isAllDue = false
      return rw.send(PeersMsg.Snapshot, [...this.#published.values()].map(encode), { signal })
    }
    const changes = [...this.#changes]
    this.#changes.clear()
    const gone = changes.flatMap(([id, entry]) => (entry === undefined ? [hexToBytes(id)] : []))
    const here = changes.flatMap(([, entry]) => (entry === undefined ? [] : [encode(entry)]))
    if (gone.length > 0) await rw.send(PeersMsg.Remove, gone, { signal })
    if (here.length > 0) await rw.send(PeersMsg.Add, here, { signal })
  }
}

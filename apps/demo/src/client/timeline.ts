// The messages that passed between this node and each peer, the last of them.
import type { TracedMessage } from '@ethspan/core'
import type { PassedMessage } from './client.js'

/** Messages kept of each peer: some minutes of a quiet one, and as many as anyone scrolls through. */
export const MAX_PASSED = 200
/** Peers that are gone and whose messages are still kept. */
export const MAX_GONE = 8

interface Line {
  /** Up to twice as many as are shown, so that dropping the oldest costs next to nothing a message. */
  messages: PassedMessage[]
  seq: number
}

/** Bounded by the number of peers, {@link MAX_PASSED} and {@link MAX_GONE}. */
export class Timelines {
  readonly #lines = new Map<string, Line>()
  /** Ids of peers that left, the one that left first at the beginning. */
  readonly #gone = new Set<string>()

  /** A peer is here; one that comes back continues its line. */
  began(id: string): void {
    this.#gone.delete(id)
    if (!this.#lines.has(id)) this.#lines.set(id, { messages: [], seq: 0 })
  }

  ended(id: string): void {
    if (!this.#lines.has(id)) return
    this.#gone.add(id)
    if (this.#gone.size <= MAX_GONE) return
    const [first] = this.#gone
    this.#gone.delete(first!)
    this.#lines.delete(first!)
  }

  /** `at`: milliseconds since 1970. The goodbye passes when the peer has ended already, and belongs to its line. */
  note(id: string, message: TracedMessage, at: number): void {
    const line = this.#lines.get(id)
    if (line === undefined) return
    const { direction, protocol, version, code, wireBytes } = message
    line.seq += 1
    line.messages.push({ seq: line.seq, at, direction, protocol: `${protocol}/${version}`, code, size: wireBytes })
    if (line.messages.length >= 2 * MAX_PASSED) line.messages = line.messages.slice(-MAX_PASSED)
  }

  /** Oldest first; empty for who is not known. */
  of(id: string): readonly PassedMessage[] {
    return this.#lines.get(id)?.messages.slice(-MAX_PASSED) ?? []
  }
}

// Fair serving: what all peers ask is looked up by turns, so that one who asks for much does not keep the others waiting.
import type { Clock } from '@ethspan/core'
import type { Awaitable } from '../chain.js'
import { MAX_CONCURRENT_SERVES, SERVE_BASE_COST_BYTES, SERVE_COST_BYTES_PER_MS, SERVE_CREDIT_BYTES } from '../limits.js'
import type { EthServing } from '../serve.js'

interface Turn {
  readonly account: Account
  /** What its peer had been served when it asked, on the scale of {@link ServeBudget}. */
  readonly start: number
  begin(): void
}

/** What a peer has been served: bytes of answers, and time as so many bytes. */
interface Account {
  /** Undefined before its first turn. */
  served: number | undefined
}

/**
 * Start-time fair queueing: of those who wait, the next is who has been served least. A peer waits with one request at a time,
 * since its requests are answered one after the other; so while one is answered the turns of others pass, and it may lag behind
 * them by {@link SERVE_CREDIT_BYTES}. Who comes begins level with them, and who comes back after a pause has saved up no more.
 */
export class ServeBudget {
  readonly #clock: Pick<Clock, 'now'>
  readonly #waiting: Turn[] = []
  /** Where the furthest of the turns before the next one started. */
  #level = 0
  #running = 0
  /** Answers given, and their bytes. */
  answers = 0
  bytes = 0

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** What answers one peer's requests, in its turns. */
  servingFor(serving: EthServing): EthServing {
    const account: Account = { served: undefined }
    const inTurn = <T>(look: () => Awaitable<T>, bytes: (answer: T) => number) => this.#inTurn(account, look, bytes)
    return {
      blockHeaders: (query) => inTurn(() => serving.blockHeaders(query), sum),
      blockBodies: (hashes) => inTurn(() => serving.blockBodies(hashes), sum),
      receipts: (version, hashes, firstIndex) =>
        inTurn(
          () => serving.receipts(version, hashes, firstIndex),
          ({ blocks }) => blocks.reduce((bytes, block) => bytes + sum(block), 0),
        ),
      pooledTransactions: (hashes) => inTurn(() => serving.pooledTransactions(hashes), sum),
      accessLists: (hashes) => inTurn(() => serving.accessLists(hashes), sum),
    }
  }

  async #inTurn<T>(account: Account, look: () => Awaitable<T>, bytes: (answer: T) => number): Promise<T> {
    const start = Math.max(account.served ?? this.#level, this.#level - SERVE_CREDIT_BYTES)
    await new Promise<void>((begin) => {
      this.#waiting.push({ account, start, begin })
      this.#next()
    })
    const begunAt = this.#clock.now()
    let size = 0
    try {
      const answer = await look()
      size = bytes(answer)
      this.answers++
      this.bytes += size
      return answer
    } finally {
      const ms = this.#clock.now() - begunAt
      account.served = start + SERVE_BASE_COST_BYTES + size + ms * SERVE_COST_BYTES_PER_MS
      this.#running--
      this.#next()
    }
  }

  #next(): void {
    while (this.#running < MAX_CONCURRENT_SERVES && this.#waiting.length > 0) {
      let first = 0
      for (const [i, { start }] of this.#waiting.entries()) if (start < this.#waiting[first]!.start) first = i
      const [turn] = this.#waiting.splice(first, 1)
      this.#level = Math.max(this.#level, turn!.start)
      this.#running++
      turn!.begin()
    }
  }
}

const sum = (items: readonly (Uint8Array | undefined)[]): number =>
  items.reduce((bytes, item) => bytes + (item?.length ?? 0), 0)

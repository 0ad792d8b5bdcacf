import { abortError, EthspanError } from '../errors.js'
import type { Msg, MsgReadWriter, WaitOptions } from '../peer/protocol.js'
import type { Clock } from '../platform/clock.js'
import { encodeRlp, type RlpInput } from '../rlp/rlp.js'

/** One end of a message pipe. */
export interface MsgPipeRW extends MsgReadWriter {
  /** Ends the pipe for both ends: every wait on it fails with ERR_CLOSED, iteration ends. Idempotent. */
  close(): void
}

/**
 * Two ends of a pipe of messages, geth's `MsgPipe`: what one end writes the other reads, and a write resolves only when
 * it was read. To run a protocol's code without a peer.
 * @param clock dates the messages (`receivedAt`); default: always 0
 */
export function messagePipe(clock?: Pick<Clock, 'now'>): readonly [MsgPipeRW, MsgPipeRW] {
  const now = () => clock?.now() ?? 0
  const there = new Lane(now)
  const back = new Lane(now)
  return [new PipeEnd(back, there), new PipeEnd(there, back)]
}

const closedError = () => new EthspanError('ERR_CLOSED', 'the message pipe is closed')

class PipeEnd implements MsgPipeRW {
  readonly #in: Lane
  readonly #out: Lane

  constructor(inbound: Lane, outbound: Lane) {
    this.#in = inbound
    this.#out = outbound
  }

  read(options: WaitOptions = {}): Promise<Msg> {
    return this.#in.read(options.signal)
  }

  write(code: number, payload: Uint8Array, options: WaitOptions = {}): Promise<void> {
    return this.#out.write(code, payload, options.signal)
  }

  async send(code: number, value: RlpInput, options: WaitOptions = {}): Promise<void> {
    await this.write(code, encodeRlp(value), options)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Msg, undefined> {
    for (;;) {
      let msg: Msg
      try {
        msg = await this.read()
      } catch (error) {
        if (error instanceof EthspanError && error.code === 'ERR_CLOSED') return undefined
        throw error
      }
      yield msg
    }
  }

  close(): void {
    this.#in.close()
    this.#out.close()
  }
}

interface Waiter {
  readonly settle: (error?: Error) => void
}
interface WaitingWriter extends Waiter {
  readonly code: number
  readonly payload: Uint8Array
}
interface WaitingReader extends Waiter {
  readonly take: (msg: Msg) => void
}

/** One direction. Readers wait or writers wait, never both. */
class Lane {
  readonly #now: () => number
  readonly #writers: WaitingWriter[] = []
  readonly #readers: WaitingReader[] = []
  #closed = false

  constructor(now: () => number) {
    this.#now = now
  }

  async read(signal?: AbortSignal): Promise<Msg> {
    this.#checkOpen(signal)
    const writer = this.#writers.shift()
    if (writer !== undefined) {
      writer.settle()
      return this.#msg(writer.code, writer.payload)
    }
    let taken: Msg | undefined
    await this.#wait(this.#readers, signal, (settle) => ({
      settle,
      take: (msg) => {
        taken = msg
        settle()
      },
    }))
    if (taken === undefined) throw closedError()
    return taken
  }

  async write(code: number, payload: Uint8Array, signal?: AbortSignal): Promise<void> {
    this.#checkOpen(signal)
    const reader = this.#readers.shift()
    if (reader !== undefined) reader.take(this.#msg(code, payload))
    else await this.#wait(this.#writers, signal, (settle) => ({ settle, code, payload }))
  }

  close(): void {
    this.#closed = true
    for (const waiter of [...this.#readers.splice(0), ...this.#writers.splice(0)]) waiter.settle(closedError())
  }

  #msg(code: number, payload: Uint8Array): Msg {
    return { code, payload, receivedAt: this.#now() }
  }

  #checkOpen(signal?: AbortSignal): void {
    if (this.#closed) throw closedError()
    if (signal?.aborted) throw abortError(signal)
  }

  #wait<T extends Waiter>(queue: T[], signal: AbortSignal | undefined, make: (settle: Waiter['settle']) => T) {
    return new Promise<void>((resolve, reject) => {
      const waiter = make((error) => {
        signal?.removeEventListener('abort', onAbort)
        if (error === undefined) resolve()
        else reject(error)
      })
      const onAbort = () => {
        queue.splice(queue.indexOf(waiter), 1)
        waiter.settle(abortError(signal!))
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      queue.push(waiter)
    })
  }
}

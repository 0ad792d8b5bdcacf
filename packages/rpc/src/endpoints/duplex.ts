import { type Clock, EthspanError, type Timer } from '@ethspan/core'
import type { Dispatcher } from '../dispatcher.js'
import { Session } from '../session.js'
import { type EndpointLimits, MAX_UNSENT, UNSENT_HIGH_WATER } from './limits.js'

/** A WebSocket or a socket, as far as messages go. */
export interface DuplexSocket {
  /** Sends one message; calls back when it has left this process, with or without an error. */
  write(text: string, done: () => void): void
  pause(): void
  resume(): void
  /** Ends in good order, once what was written has left. */
  end(): void
  /** Ends at once. */
  destroy(): void
}

/** One client on a connection that carries messages both ways: who reads slowly is not read from, and is cut off in the end. */
export class DuplexConnection {
  readonly #socket: DuplexSocket
  readonly #session: Session
  readonly #clock: Clock
  readonly #limits: EndpointLimits
  #unsent = 0
  #paused = false
  #closing = false
  #over = false
  #late: Timer | undefined

  constructor(
    dispatcher: Dispatcher,
    socket: DuplexSocket,
    { clock, limits }: { clock: Clock; limits: EndpointLimits },
  ) {
    this.#socket = socket
    this.#clock = clock
    this.#limits = limits
    this.#session = new Session(dispatcher, {
      send: (text) => this.#send(text),
      onRoom: () => this.#balance(),
      onEnd: () => socket.destroy(),
    })
  }

  /** Takes one message; resolves to false where it was no JSON, once that was answered. */
  async receive(text: string): Promise<boolean> {
    if (this.#closing) return true
    const answered = this.#session.receive(text)
    this.#balance()
    return answered
  }

  /** Lets calls under way finish and ends the connection; cuts it after `shutdownTimeout`. */
  async close(): Promise<void> {
    this.#closing = true
    this.#balance()
    let late: Timer | undefined
    const timeout = new Promise<void>((resolve) => {
      late = this.#clock.setTimeout(resolve, this.#limits.shutdownTimeout)
    })
    await Promise.race([this.#session.idle(), timeout])
    late?.cancel()
    // What still runs is given up; nothing is sent from now on.
    this.#session.end(new EthspanError('ERR_CLOSED', 'the endpoint was closed'))
    this.#socket.end()
  }

  /** The connection is gone. */
  ended(error: Error): void {
    this.#over = true
    this.#late?.cancel()
    this.#session.end(error)
  }

  #send(text: string): void {
    this.#unsent += text.length
    if (this.#unsent > MAX_UNSENT) {
      throw new EthspanError('ERR_CLOSED', `the client left ${this.#unsent} characters unread`)
    }
    this.#socket.write(text, () => {
      this.#unsent -= text.length
      // Something left, so the client lives: the deadline begins anew for the rest.
      this.#late?.cancel()
      this.#late = undefined
      this.#watch()
      this.#balance()
    })
    this.#watch()
    this.#balance()
  }

  #watch(): void {
    if (this.#over || this.#unsent === 0 || this.#late !== undefined) return
    this.#late = this.#clock.setTimeout(() => this.#socket.destroy(), this.#limits.writeTimeout)
  }

  #balance(): void {
    const pause = this.#closing || this.#session.full || this.#unsent > UNSENT_HIGH_WATER
    if (this.#over || pause === this.#paused) return
    this.#paused = pause
    if (pause) this.#socket.pause()
    else this.#socket.resume()
  }
}

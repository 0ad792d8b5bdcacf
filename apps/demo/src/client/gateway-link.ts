// Keeps this node connected to the page's gateway and says, as a state, how that goes. The server redials by itself; what
// is added here is finding the gateway, and finding it again when it came back as another node.
import type { GatewayInfo, NodeState } from './client.js'

/** Pauses between tries, for finding and for dialing alike; milliseconds. */
export const REDIAL = { first: 500, max: 30_000 } as const

export interface GatewayLinkContext {
  find(): Promise<GatewayInfo>
  /** Has the server keep a connection to this URL, or no longer. @throws {Error} for a URL that can't be dialed. */
  add(dialUrl: string): void
  remove(dialUrl: string): void
  isConnected(id: string): boolean
  /** Milliseconds since 1970. */
  now(): number
  /** Calls back once; returns how to call it off. */
  later(callback: () => void, ms: number): () => void
  state(state: NodeState): void
  found(gateway: GatewayInfo, changed: boolean): void
}

export class GatewayLink {
  readonly #context: GatewayLinkContext
  #gateway: GatewayInfo | undefined
  #attempt = 0
  #connected = false
  #running = false
  /** What went wrong last; empty until something does, and again once connected. */
  #why = ''
  #cancelRetry = () => {}
  /** Counts searches, so that the answer to an outdated one is ignored. */
  #search = 0

  constructor(context: GatewayLinkContext) {
    this.#context = context
  }

  get gateway(): GatewayInfo | undefined {
    return this.#gateway
  }

  /** Whether `id` is the gateway's node id. */
  is(id: string): boolean {
    return this.#gateway?.id === id
  }

  /** Finds and dials the gateway at once, whatever was under way before. */
  async start(): Promise<void> {
    this.drop()
    this.#running = true
    this.#attempt = 0
    this.#why = ''
    await this.#findAndDial()
  }

  /** Says nothing more and searches no more; the connection is left to the server. */
  stop(): void {
    this.#running = false
    this.#connected = false
    this.#search += 1
    this.#cancelRetry()
  }

  /** Ends the connection and dials no more. */
  drop(): void {
    this.stop()
    if (this.#gateway !== undefined) this.#context.remove(this.#gateway.dial)
    this.#gateway = undefined
  }

  dialing(): void {
    if (this.#connected || !this.#running) return
    this.#attempt += 1
    this.#trying('dial')
  }

  connected(): void {
    if (!this.#running || this.#gateway === undefined) return
    this.#connected = true
    this.#attempt = 0
    this.#why = ''
    this.#context.state({ phase: 'connected', gateway: this.#gateway, since: this.#context.now() })
  }

  /** The connection ended, or no connection came about. `retryIn`: milliseconds until the server dials again. */
  failed(why: string, retryIn: number): void {
    if (!this.#running) return
    this.#connected = false
    this.#pause(why, retryIn)
  }

  /** Somebody answers there, but does not become a peer. */
  rejected(why: string, retryIn: number): void {
    if (!this.#running) return
    this.failed(why, retryIn)
    // A gateway that lost its key comes back as another node, which the old URL can never reach.
    void this.#findAgain()
  }

  /** A try after a failure is still part of it: the words must not jump with each. */
  #trying(step: 'find' | 'dial'): void {
    if (this.#why === '') this.#context.state({ phase: 'connecting', step })
    else this.#pause(this.#why, 0)
  }

  #pause(why: string, retryIn: number): void {
    this.#why = why
    const retryAt = this.#context.now() + retryIn
    this.#context.state({ phase: 'reconnecting', why, retryAt, attempt: this.#attempt })
  }

  async #findAndDial(): Promise<void> {
    this.#search += 1
    const search = this.#search
    this.#attempt += 1
    this.#trying('find')
    try {
      const gateway = await this.#context.find()
      if (search !== this.#search) return
      this.#attempt = 0
      this.#why = ''
      this.#use(gateway)
    } catch (error) {
      if (search !== this.#search) return
      const pause = Math.min(REDIAL.first * 2 ** (this.#attempt - 1), REDIAL.max)
      this.#pause(messageOf(error), pause)
      this.#cancelRetry = this.#context.later(() => void this.#findAndDial(), pause)
    }
  }

  async #findAgain(): Promise<void> {
    this.#search += 1
    const search = this.#search
    let gateway: GatewayInfo
    try {
      gateway = await this.#context.find()
    } catch {
      // Not there, then: the server's own redial goes on with the URL it has.
      return
    }
    if (search !== this.#search || this.#connected || gateway.dial === this.#gateway?.dial) return
    try {
      this.#use(gateway)
    } catch (error) {
      this.#pause(messageOf(error), REDIAL.max)
      this.#cancelRetry = this.#context.later(() => void this.#findAndDial(), REDIAL.max)
    }
  }

  #use(gateway: GatewayInfo): void {
    const old = this.#gateway
    if (old !== undefined) this.#context.remove(old.dial)
    this.#gateway = gateway
    this.#context.found(gateway, old !== undefined)
    this.#context.add(gateway.dial)
    // The node dials those it knows from before, and may have been faster.
    if (this.#context.isConnected(gateway.id)) this.connected()
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

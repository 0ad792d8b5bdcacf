// The page's client: JSON-RPC to the node, wherever that lives.
import { type RpcClient, RpcError } from '@ethspan/rpc'
import type { Batch } from './board.js'
import type { Answer, NodeClient, NodeEvent, PassedMessage, PeerInfo } from './client.js'

/** An answer that took longer means that nobody is there any more; milliseconds. Ordinary ones take one or two. */
const ANSWER_TIMEOUT = 10_000
/** Before the page attaches again to a node that went away; milliseconds. */
const ATTACH_PAUSE = 500

/** Where the node lives. */
export interface NodeHome {
  /** Resolves with a connection to the node. Asked again when that ended. */
  attach(): Promise<RpcClient>
  /** The page goes away: a node that is its own says goodbye. */
  leave(): void
}

export class RpcNodeClient implements NodeClient {
  readonly #home: NodeHome
  /** The page's URL, beside which the gateway's `node.json` lies. */
  readonly #base: string
  #listener: (event: NodeEvent) => void = () => {}
  /** The connection, or the one to come. */
  #rpc: Promise<RpcClient>
  #gone = false
  /** Counts the times the page went away: what began before is not continued. */
  #life = 0

  constructor(home: NodeHome, base: string) {
    this.#home = home
    this.#base = base
    this.#rpc = this.#attach()
  }

  subscribe(listener: (event: NodeEvent) => void): () => void {
    this.#listener = listener
    return () => {
      this.#listener = () => {}
    }
  }

  /** The page goes away. Until it `returns`, nothing is told and nothing asked. */
  leave(): void {
    if (this.#gone) return
    this.#gone = true
    this.#life += 1
    const rpc = this.#rpc
    this.#rpc = new Promise(() => {})
    void rpc.then((client) => client.close())
    this.#home.leave()
  }

  /** The browser brought the page back. */
  returns(): void {
    if (!this.#gone) return
    this.#gone = false
    this.#rpc = this.#attach()
  }

  start(): Promise<void> {
    return this.#call('start', this.#base)
  }

  async peers(): Promise<readonly PeerInfo[]> {
    const client = await this.#rpc
    try {
      return await client.request('admin_peers', [], { signal: AbortSignal.timeout(ANSWER_TIMEOUT) })
    } catch (error) {
      // While no node runs there is no such method.
      if (!(error instanceof RpcError)) client.close()
      return []
    }
  }

  messages(id: string): Promise<readonly PassedMessage[]> {
    return this.#call('messages', id)
  }

  reconnect(): Promise<void> {
    return this.#call('reconnect')
  }

  explainDial(url: string): Promise<Answer> {
    return this.#call('explainDial', url)
  }

  dial(url: string): Promise<Answer> {
    return this.#call('dial', url)
  }

  disconnect(id: string): Promise<void> {
    return this.#call('disconnect', id)
  }

  sendChat(text: string): Promise<Answer> {
    return this.#call('sendChat', text)
  }

  askFaucet(): Promise<Answer> {
    return this.#call('askFaucet')
  }

  sendCoins(to: string, amount: string): Promise<Answer> {
    return this.#call('sendCoins', to, amount)
  }

  setName(nickname: string): Promise<Answer> {
    return this.#call('setName', nickname)
  }

  exportKey(): Promise<string> {
    return this.#call('exportKey')
  }

  importKey(hex: string): Promise<Answer> {
    return this.#call('importKey', hex)
  }

  resetKey(): Promise<void> {
    return this.#call('resetKey')
  }

  async #call<T>(method: string, ...params: readonly unknown[]): Promise<T> {
    return (await this.#rpc).request<T>(`page_${method}`, params)
  }

  async #attach(): Promise<RpcClient> {
    const client = await this.#home.attach()
    void this.#follow(client)
    return client
  }

  /** Hands on what happens until the connection ends, then attaches again. */
  async #follow(client: RpcClient): Promise<void> {
    const life = this.#life
    try {
      const started = client.request('page_start', [this.#base])
      await Promise.all([started, this.#read(client)])
    } catch (error) {
      if (!client.signal.aborted) console.error('The node answers in a way the page does not understand.', error)
      client.close()
    }
    if (life !== this.#life) return
    this.#rpc = new Promise((resolve) => setTimeout(resolve, ATTACH_PAUSE)).then(() => this.#attach())
  }

  async #read(client: RpcClient): Promise<never> {
    for (let seen: number | undefined; ; ) {
      const params: readonly unknown[] = seen === undefined ? [] : [seen]
      const { next, events } = await client.request<Batch>('page_events', params)
      seen = next
      for (const event of events) this.#listener(event)
    }
  }
}

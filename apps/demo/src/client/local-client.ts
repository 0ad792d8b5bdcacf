// The client whose node runs in this tab's own thread: key and name, start, stop and restart.
import { bytesToHex, checkPrivateKey, Enode, generatePrivateKey, LocalNode } from '@ethspan/core'
import { explainDial } from '@ethspan/websocket'
import { browserFamily, cleanNickname, tabName } from '../text/client-name.js'
import { shortId } from '../text/format.js'
import { nicknameOf } from '../text/nickname.js'
import type { Answer, KeyOrigin, LogKind, LogTone, NodeClient, NodeEvent, PeerInfo } from './client.js'
import { findGateway } from './gateway.js'
import { KeyStore, sessionStorageOrNothing, TwinWatch, twinChannel } from './key-store.js'
import { errorWords } from './reasons.js'
import { TabNode } from './tab-node.js'

const no = (why: string): Answer => ({ ok: false, why })
const yes: Answer = { ok: true }

class LocalClient implements NodeClient {
  readonly #listeners = new Set<(event: NodeEvent) => void>()
  readonly #store = new KeyStore(sessionStorageOrNothing())
  readonly #twins = new TwinWatch(twinChannel(), bytesToHex(generatePrivateKey()))
  #node: TabNode | undefined
  #logged = 0
  /** Starts and stops, one after the other. */
  #work: Promise<void> = Promise.resolve()

  subscribe(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  start(): Promise<void> {
    return this.#queue(async () => {
      if (this.#node !== undefined) return
      this.#emit({ type: 'state', state: { phase: 'starting' } })
      const [key, origin] = await this.#ownKey()
      await this.#launch(key, origin)
    })
  }

  stop(): Promise<void> {
    return this.#queue(async () => {
      await this.#halt()
      this.#emit({ type: 'state', state: { phase: 'stopped' } })
    })
  }

  async peers(): Promise<readonly PeerInfo[]> {
    return this.#node?.peers ?? []
  }

  async reconnect(): Promise<void> {
    await this.#node?.connect()
  }

  async explainDial(url: string): Promise<Answer> {
    const check = explainDial(url)
    if (!check.ok) return no(check.why)
    const { id } = Enode.parse(url.trim())
    if (id === this.#node?.info.id) return no('This is your own node.')
    if (this.#node?.isConnected(id)) return no('You are connected to this node already.')
    return yes
  }

  async dial(url: string): Promise<Answer> {
    const answer = await this.explainDial(url)
    if (!answer.ok) return answer
    if (this.#node === undefined) return no('The node is not running.')
    return this.#node.dial(Enode.parse(url.trim()), url.trim())
  }

  async disconnect(id: string): Promise<void> {
    this.#node?.disconnect(id)
  }

  async sendChat(text: string): Promise<Answer> {
    if (!this.#node?.hears) return no('Nobody is connected who could hear it.')
    try {
      this.#node.say(text)
      return yes
    } catch (error) {
      return no(errorWords(error))
    }
  }

  async setName(text: string): Promise<Answer> {
    const nickname = cleanNickname(text)
    if (nickname === undefined) return no('A name needs some letters, and may not look like a version.')
    this.#store.nickname = nickname
    await this.#restart(this.#key(), 'kept')
    return yes
  }

  async exportKey(): Promise<string> {
    return bytesToHex(this.#key())
  }

  async importKey(hex: string): Promise<Answer> {
    let key: Uint8Array
    try {
      key = checkPrivateKey(hex.trim())
    } catch (error) {
      return no(errorWords(error))
    }
    await this.#restart(key, 'imported')
    return yes
  }

  async resetKey(): Promise<void> {
    await this.#restart(generatePrivateKey(), 'new')
  }

  #key(): Uint8Array {
    const kept = this.#store.privateKey
    if (kept !== undefined) return checkPrivateKey(kept)
    const key = generatePrivateKey()
    this.#store.privateKey = bytesToHex(key)
    return key
  }

  /** The key this tab had, unless another tab has it now. */
  async #ownKey(): Promise<[Uint8Array, KeyOrigin]> {
    if (this.#store.privateKey === undefined) return [this.#key(), 'new']
    const key = this.#key()
    const { id } = new LocalNode(key)
    const twin = await this.#twins.hasTwin(id, (ms) => new Promise((resolve) => setTimeout(resolve, ms)))
    return twin ? [generatePrivateKey(), 'twin'] : [key, 'kept']
  }

  #restart(key: Uint8Array, origin: KeyOrigin): Promise<void> {
    return this.#queue(async () => {
      this.#emit({ type: 'state', state: { phase: 'starting' } })
      await this.#halt()
      await this.#launch(key, origin)
    })
  }

  async #launch(privateKey: Uint8Array, keyOrigin: KeyOrigin): Promise<void> {
    this.#store.privateKey = bytesToHex(privateKey)
    const { id, publicKey } = new LocalNode(privateKey)
    this.#twins.claim(id)
    const nickname = this.#store.nickname ?? nicknameOf(id)
    const name = tabName(nickname, __VERSION__, browserFamily(navigator.userAgent))
    const node = new TabNode({
      privateKey,
      name,
      nickname,
      findGateway: () => findGateway(document.baseURI),
      emit: (event) => this.#emit(event),
      log: (kind, tone, text, detail) => this.#log(kind, tone, text, detail),
    })
    try {
      await node.start()
    } catch (error) {
      this.#log('node', 'bad', 'The node could not start.', errorWords(error))
      this.#emit({ type: 'state', state: { phase: 'failed', why: errorWords(error) } })
      return
    }
    this.#node = node
    const { enode, crypto } = node.info
    this.#emit({
      type: 'identity',
      identity: {
        id,
        publicKey: bytesToHex(publicKey),
        enode,
        name,
        nickname,
        keyOrigin,
        keyKept: this.#store.persistent,
        crypto,
      },
    })
    this.#log('node', 'good', `The node started as ${nickname} (${shortId(id)}).`, `Cryptography: ${crypto}`)
    void node.connect()
  }

  async #halt(): Promise<void> {
    const node = this.#node
    this.#node = undefined
    await node?.stop()
    if (node !== undefined) {
      this.#emit({ type: 'peers', peers: [] })
      this.#emit({ type: 'targets', targets: [] })
      this.#log('node', 'plain', 'The node stopped.')
    }
  }

  #queue(job: () => Promise<void>): Promise<void> {
    const done = this.#work.then(job)
    this.#work = done.catch((error: unknown) => this.#log('node', 'bad', 'Something went wrong.', errorWords(error)))
    return done
  }

  #log(kind: LogKind, tone: LogTone, text: string, detail?: string): void {
    this.#logged += 1
    const entry = { seq: this.#logged, at: Date.now(), kind, tone, text }
    this.#emit({ type: 'log', entry: detail === undefined ? entry : { ...entry, detail } })
  }

  #emit(event: NodeEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}

/** A node in this tab. It says goodbye when the page is left, and starts again when the browser brings the page back. */
export function createLocalClient(): NodeClient {
  const client = new LocalClient()
  addEventListener('pagehide', () => void client.stop())
  addEventListener('pageshow', (event) => {
    if (event.persisted) void client.start()
  })
  addEventListener('online', () => void client.reconnect())
  return client
}

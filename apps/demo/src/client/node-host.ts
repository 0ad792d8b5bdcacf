// The node behind one or more pages: its key and name, start, stop and restart.
import { bytesToHex, checkPrivateKey, Enode, generatePrivateKey, LocalNode } from '@ethspan/core'
import type { Api } from '@ethspan/node'
import { explainDial } from '@ethspan/websocket'
import { browserFamily, cleanNickname, tabName } from '../text/client-name.js'
import { shortId } from '../text/format.js'
import { nicknameOf } from '../text/nickname.js'
import { Board } from './board.js'
import { ChainHost } from './chain-host.js'
import type { Answer, GatewayInfo, Home, KeyOrigin, LogKind, LogTone, PassedMessage } from './client.js'
import { findGateway } from './gateway.js'
import type { Keeper } from './keeper.js'
import { PageNode } from './page-node.js'
import { errorWords } from './reasons.js'
import { TwinWatch, twinChannel } from './twin-watch.js'

const no = (why: string): Answer => ({ ok: false, why })
const yes: Answer = { ok: true }

export class NodeHost {
  readonly board = new Board()
  readonly #home: Home
  readonly #twins = new TwinWatch(twinChannel(), bytesToHex(generatePrivateKey()))
  readonly #chain = new ChainHost({
    emit: (event) => this.board.emit(event),
    log: (tone, text, detail) => this.#log('chain', tone, text, detail),
  })
  #keeper: Keeper
  #node: PageNode | undefined
  /** The key of the node that runs, or ran last. */
  #key: Uint8Array | undefined
  /** Where the page lies; the gateway's `node.json` is beside it. */
  #base = ''
  #logged = 0
  /** Starts and stops, one after the other. */
  #work: Promise<void> = Promise.resolve()

  constructor(home: Home, keeper: Keeper) {
    this.#home = home
    this.#keeper = keeper
  }

  /** The methods of the node that runs. */
  apis(): readonly Api[] {
    return this.#node?.apis() ?? []
  }

  /** Starts the node where it does not run. `base`: the page's URL. Failures are told as the state. */
  start(base: string): Promise<void> {
    this.#base = base
    if (this.#node === undefined) this.board.emit({ type: 'state', state: { phase: 'starting' } })
    return this.#queue(async () => {
      if (this.#node !== undefined) return
      const [key, origin] = await this.#ownKey()
      await this.#launch(key, origin)
    })
  }

  /** Says goodbye to every peer. */
  stop(): Promise<void> {
    this.#twins.release()
    return this.#queue(async () => {
      await this.#halt()
      this.board.emit({ type: 'state', state: { phase: 'stopped' } })
    })
  }

  messages(id: string): readonly PassedMessage[] {
    return this.#node?.messages(id) ?? []
  }

  reconnect(): void {
    void this.#node?.connect()
  }

  explainDial(url: string): Answer {
    const check = explainDial(url)
    if (!check.ok) return no(check.why)
    const { id } = Enode.parse(url.trim())
    if (id === this.#node?.info.id) return no('This is your own node.')
    if (this.#node?.isConnected(id)) return no('You are connected to this node already.')
    return yes
  }

  dial(url: string): Answer {
    const answer = this.explainDial(url)
    if (!answer.ok) return answer
    if (this.#node === undefined) return no('The node is not running.')
    return this.#node.dial(Enode.parse(url.trim()), url.trim())
  }

  disconnect(id: string): void {
    this.#node?.disconnect(id)
  }

  sendChat(text: string): Answer {
    if (!this.#node?.hears) return no('Nobody is connected who could hear it.')
    try {
      this.#node.say(text)
      return yes
    } catch (error) {
      return no(errorWords(error))
    }
  }

  askFaucet(): Promise<Answer> {
    return this.#chain.askFaucet()
  }

  sendCoins(to: string, amount: string): Promise<Answer> {
    return this.#chain.send(to, amount)
  }

  async setName(text: string): Promise<Answer> {
    const nickname = cleanNickname(text)
    if (nickname === undefined) return no('A name needs some letters, and may not look like a version.')
    await this.#restart(async () => {
      await this.#keeper.save({ ...(await this.#keeper.load()), nickname })
      return this.#key === undefined ? this.#ownKey() : [this.#key, 'kept']
    })
    return yes
  }

  /** The private key, 64 hex digits; empty before the first start. */
  exportKey(): string {
    return this.#key === undefined ? '' : bytesToHex(this.#key)
  }

  async importKey(hex: string): Promise<Answer> {
    let key: Uint8Array
    try {
      key = checkPrivateKey(hex.trim())
    } catch (error) {
      return no(errorWords(error))
    }
    await this.#restart(async () => [key, 'imported'])
    return yes
  }

  resetKey(): Promise<void> {
    return this.#restart(async () => [generatePrivateKey(), 'new'])
  }

  /** The key that was kept, unless another node has it now. */
  async #ownKey(): Promise<[Uint8Array, KeyOrigin]> {
    const { privateKey } = await this.#keeper.load()
    if (privateKey === undefined) return [generatePrivateKey(), 'new']
    const key = checkPrivateKey(privateKey)
    const { id } = new LocalNode(key)
    const twin = await this.#twins.hasTwin(id, (ms) => new Promise((resolve) => setTimeout(resolve, ms)))
    if (!twin) return [key, 'kept']
    this.#keeper = this.#keeper.forTwin()
    return [generatePrivateKey(), 'twin']
  }

  #restart(key: () => Promise<[Uint8Array, KeyOrigin]>): Promise<void> {
    return this.#queue(async () => {
      this.board.emit({ type: 'state', state: { phase: 'starting' } })
      await this.#halt()
      await this.#launch(...(await key()))
    })
  }

  /** Failures are told as the state. */
  async #launch(privateKey: Uint8Array, keyOrigin: KeyOrigin): Promise<void> {
    try {
      await this.#run(privateKey, keyOrigin)
    } catch (error) {
      this.#log('node', 'bad', 'The node could not start.', errorWords(error))
      this.board.emit({ type: 'state', state: { phase: 'failed', why: errorWords(error) } })
    }
  }

  async #run(privateKey: Uint8Array, keyOrigin: KeyOrigin): Promise<void> {
    this.#key = privateKey
    const kept = { ...(await this.#keeper.load()), privateKey: bytesToHex(privateKey) }
    await this.#keeper.save(kept)
    const { id, publicKey } = new LocalNode(privateKey)
    this.#twins.claim(id)
    const nickname = kept.nickname ?? nicknameOf(id)
    const name = tabName(nickname, __VERSION__, browserFamily(navigator.userAgent))
    const chain = await this.#chain.open(this.#base, this.#keeper)
    const node = new PageNode({
      privateKey,
      ...(chain === undefined ? {} : { services: chain.services }),
      store: this.#keeper.nodeStore(),
      name,
      nickname,
      findGateway: () => findGateway(this.#base),
      foundGateway: (gateway) => this.#foundGateway(gateway),
      emit: (event) => this.board.emit(event),
      log: (kind, tone, text, detail) => this.#log(kind, tone, text, detail),
    })
    try {
      await node.start()
    } catch (error) {
      await this.#chain.close()
      throw error
    }
    this.#node = node
    const { enode, crypto } = node.info
    this.board.emit({
      type: 'identity',
      identity: {
        id,
        publicKey: bytesToHex(publicKey),
        enode,
        name,
        nickname,
        keyOrigin,
        keyPlace: this.#keeper.place,
        home: this.#home,
        crypto,
      },
    })
    this.#log('node', 'good', `The node started as ${nickname} (${shortId(id)}).`, `Cryptography: ${crypto}`)
    void node.connect()
  }

  /** The node that runs follows the chain that the gateway had when it started. */
  #foundGateway(gateway: GatewayInfo): void {
    this.#chain.trust(gateway.id)
    if (!this.#chain.isOther(gateway)) return
    this.#log('chain', 'plain', 'The gateway has another chain now, so the node starts again.')
    const key = this.#key
    if (key !== undefined) void this.#restart(async () => [key, 'kept'])
  }

  async #halt(): Promise<void> {
    const node = this.#node
    this.#node = undefined
    await node?.stop()
    await this.#chain.close()
    if (node !== undefined) {
      this.board.emit({ type: 'peers', peers: [] })
      this.board.emit({ type: 'targets', targets: [] })
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
    this.board.emit({ type: 'log', entry: detail === undefined ? entry : { ...entry, detail } })
  }
}

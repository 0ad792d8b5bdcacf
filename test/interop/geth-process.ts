import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { EventQueue } from '../support/event-queue.js'

/** What the Go program under `geth/` reports; which fields are there depends on the event. */
export interface GethEvent {
  /** `peeradd`, `peerdrop`, `run`, `msg`, `log`; of the raw mode `rawconn`, `rawfail`, `rawmsg`, `rawclose`. */
  readonly event: string
  readonly peer: string
  readonly error: string
  readonly proto: string
  readonly version: number
  readonly code: number
  readonly size: number
  readonly wire: number
  readonly sha256: string
  /** Payload, where it has at most 64 bytes. */
  readonly hex: string
  readonly conn: string
  readonly snappy: boolean
  readonly name: string
  readonly caps: readonly string[]
  /** geth's own log line and what it carries. */
  readonly message: string
  readonly err: string
  readonly id: string
  /** Whether the other side asked for the disconnect. */
  readonly req: boolean
}

export interface GethCap {
  readonly name: string
  readonly version: number
  readonly length: number
  readonly run?: 'echo' | 'fail' | 'return' | 'stuck'
}

/** geth's `p2p.PeerInfo`. */
export interface GethPeerInfo {
  readonly id: string
  readonly enode: string
  readonly name: string
  readonly caps: readonly string[]
  readonly network: {
    readonly localAddress: string
    readonly remoteAddress: string
    readonly inbound: boolean
    readonly trusted: boolean
    readonly static: boolean
  }
  readonly protocols: Readonly<Record<string, unknown>>
}

export interface GethNode {
  readonly enode: string
  readonly peer: string
  readonly port: number
}

export interface GethSent {
  readonly size: number
  readonly sha256: string
}

export type Fill = 'random' | 'zeros' | 'text'

export interface RawOptions {
  readonly key?: string
  readonly helloVersion?: number
  /** Public key to claim in Hello. */
  readonly helloId?: string
  readonly caps?: readonly GethCap[]
}

interface Answer {
  readonly id?: number
  readonly result?: unknown
  readonly error?: string
}

/** Longer than the Go program takes to stop at worst. */
const QUIT_TIMEOUT_MS = 6_000
const COMMAND_TIMEOUT_MS = 15_000

/** The path of a binary that run.mjs built. */
export function binary(variable: 'ETHSPAN_GETHPEER' | 'ETHSPAN_DEVP2P' | 'ETHSPAN_GETH'): string {
  const path = process.env[variable]
  if (path === undefined) throw new Error(`${variable} is not set: run these tests with "npm run interop"`)
  return path
}

/** geth's server, or its bare rlpx connection, in a process of its own that does not outlive the test. */
export class GethProcess {
  readonly events = new EventQueue<GethEvent>()
  readonly #child: ChildProcess
  readonly #pending = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  readonly #exited: Promise<void>
  #nextId = 1
  #stderr = ''

  constructor() {
    this.#child = spawn(binary('ETHSPAN_GETHPEER'), { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.#stderr = (this.#stderr + text.toString()).slice(-4_000)
    })
    this.#exited = new Promise((resolve) => {
      const end = (why: string) => {
        for (const { reject } of this.#pending.values()) reject(new Error(`gethpeer ${why}: ${this.#stderr}`))
        this.#pending.clear()
        resolve()
      }
      this.#child.once('exit', (code, signal) => end(`exited with ${code ?? signal}`))
      this.#child.once('error', (error) => end(`did not run (${error.message})`))
      this.#child.stdin?.on('error', (error) => end(`does not listen (${error.message})`))
    })
    if (this.#child.stdout !== null) createInterface(this.#child.stdout).on('line', (line) => this.#line(line))
    onTestFinished(() => this.quit())
  }

  /** A process whose server listens on a free port of the loopback and offers echo/1, unless told otherwise. */
  static async server(
    options: {
      readonly key?: string
      readonly listen?: string
      readonly caps?: readonly GethCap[]
      readonly maxPeers?: number
      readonly dialRatio?: number
      readonly noDial?: boolean
    } = {},
  ): Promise<GethProcess & { readonly node: GethNode }> {
    const geth = new GethProcess()
    return Object.assign(geth, { node: await geth.#request<GethNode>('start', options) })
  }

  addPeer = (enode: string) => this.#request('addPeer', { enode })
  removePeer = (enode: string) => this.#request('removePeer', { enode })
  addTrustedPeer = (enode: string) => this.#request('addTrustedPeer', { enode })
  peers = () => this.#request<GethPeerInfo[]>('peers')
  disconnect = (peer: string, reason: number) => this.#request('disconnect', { peer, reason })

  /** Sends a message, its code relative to the protocol. */
  send = (peer: string, code: number, size: number, fill: Fill = 'random', proto = 'echo') =>
    this.#request<GethSent>('send', { peer, code, size, fill, proto })

  /** Sends `count` equal messages and says how many milliseconds that took. */
  flood = (peer: string, code: number, size: number, count: number) =>
    this.#request<{ readonly ms: number }>('flood', { peer, code, size, count })

  rawListen = (options: RawOptions = {}) => this.#request<GethNode>('rawListen', options)
  rawDial = (enode: string, options: RawOptions = {}) => this.#request<GethEvent>('rawDial', { enode, ...options })
  /** Sends a message, its code as on the wire. */
  rawSend = (conn: string, code: number, payload: { readonly size: number; readonly fill?: Fill } | string) =>
    this.#request<GethSent>('rawSend', {
      peer: conn,
      code,
      ...(typeof payload === 'string' ? { hex: payload } : payload),
    })
  rawDisconnect = (conn: string, reason: number, { bare = false } = {}) =>
    this.#request('rawDisconnect', { peer: conn, reason, bare })

  /** Takes the next event of this kind, whose fields all have the given values. */
  event(event: string, fields: Partial<GethEvent> = {}, within?: number): Promise<GethEvent> {
    const wanted = Object.entries({ ...fields, event })
    const match = (candidate: GethEvent) =>
      wanted.every(([name, value]) => candidate[name as keyof GethEvent] === value)
    return this.events.take(`geth's ${JSON.stringify({ event, ...fields })}`, match, within)
  }

  /** Stops the server, which says goodbye to its peers, and the process. */
  async quit(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const kill = setTimeout(() => this.#child.kill('SIGKILL'), QUIT_TIMEOUT_MS)
      this.#child.stdin?.end() // means quit
      await this.#exited
      clearTimeout(kill)
    }
  }

  #request<T = true>(cmd: string, fields: object = {}): Promise<T> {
    const id = this.#nextId++
    return new Promise<T>((resolve, reject) => {
      const deadline = setTimeout(
        () => reject(new Error(`gethpeer did not answer ${cmd} within ${COMMAND_TIMEOUT_MS} ms: ${this.#stderr}`)),
        COMMAND_TIMEOUT_MS,
      )
      const settle = <A>(then: (value: A) => void) => {
        return (value: A) => {
          clearTimeout(deadline)
          then(value)
        }
      }
      this.#pending.set(id, { resolve: settle((value) => resolve(value as T)), reject: settle(reject) })
      this.#child.stdin?.write(`${JSON.stringify({ id, cmd, ...fields })}\n`)
    })
  }

  #line(line: string): void {
    const message = JSON.parse(line) as Answer & GethEvent
    if (message.id === undefined || message.event !== undefined) {
      this.events.push(message)
      return
    }
    const pending = this.#pending.get(Number(message.id))
    this.#pending.delete(Number(message.id))
    if (message.error === undefined) pending?.resolve(message.result)
    else pending?.reject(new Error(`gethpeer: ${message.error}`))
  }
}

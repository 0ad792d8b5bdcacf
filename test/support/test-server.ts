import { createHash } from 'node:crypto'
import {
  generatePrivateKey,
  type HandshakeFailEvent,
  type MsgReadWriter,
  type Peer,
  type PeerAddEvent,
  type PeerDropEvent,
  type Protocol,
  Server,
  type ServerOptions,
} from '@ethspan/core'
import { tcp } from '@ethspan/tcp'
import { onTestFinished } from 'vitest'
import { EventQueue } from './event-queue.js'

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** A message that a test's protocol got. */
export interface Received {
  readonly peer: string
  readonly proto: string
  readonly code: number
  readonly size: number
  readonly sha256: string
}

/** A protocol began to run on a peer. */
export interface Running {
  readonly peer: Peer
  readonly proto: string
  readonly version: number
  readonly rw: MsgReadWriter
}

/** Codes of the echo protocol; the Go program under test/interop/geth has the same. Any other code is only reported. */
export const EchoCode = {
  /** Sent back as Echoed, and reported. */
  Echo: 0,
  Echoed: 1,
  /** Counted, not reported. */
  Count: 2,
  /** Asks for the counters: answered by Totals, `[messages, bytes]`; they start anew. */
  Counted: 3,
  Totals: 4,
} as const

export interface CapSpec {
  readonly name?: string
  readonly version?: number
  readonly length?: number
  /** Instead of echoing. */
  readonly run?: Protocol['run']
}

export type TestServerOptions = Partial<Omit<ServerOptions, 'protocols'>> & {
  /** Default: echo/1 with 16 codes. */
  readonly caps?: readonly CapSpec[]
}

/** One of ours, started for one test, with all that it saw. */
export class TestServer {
  readonly server: Server
  readonly events = new EventQueue<Event>()
  readonly received = new EventQueue<Received>()
  readonly running = new EventQueue<Running>()

  private constructor(caps: readonly CapSpec[], options: Omit<ServerOptions, 'protocols'>) {
    this.server = new Server({ ...options, protocols: caps.map((cap) => this.#protocol(cap)) })
    for (const type of ['peeradd', 'peerdrop', 'dial', 'dialfail', 'handshakefail'] as const) {
      this.server.addEventListener(type, (event: Event) => this.events.push(event))
    }
  }

  /** Starts a server on a free port of the loopback; it is stopped when the test ends. */
  static async start({ caps = [{}], ...options }: TestServerOptions = {}): Promise<TestServer> {
    const transports = [tcp({ listen: { host: '127.0.0.1', port: 0 } })]
    const test = new TestServer(caps, { privateKey: generatePrivateKey(), transports, ...options })
    onTestFinished(() => test.server.stop())
    await test.server.start()
    return test
  }

  get enode(): string {
    return this.server.nodeInfo().enode
  }

  get id(): string {
    return this.server.nodeInfo().id
  }

  peerAdded(id: string, within?: number): Promise<PeerAddEvent> {
    const match = (event: Event): event is PeerAddEvent =>
      event.type === 'peeradd' && (event as PeerAddEvent).peer.id === id
    return this.events.take(`peeradd of ${id}`, match, within)
  }

  peerDropped(id: string, within?: number): Promise<PeerDropEvent> {
    const match = (event: Event): event is PeerDropEvent =>
      event.type === 'peerdrop' && (event as PeerDropEvent).peer.id === id
    return this.events.take(`peerdrop of ${id}`, match, within)
  }

  handshakeFailed(within?: number): Promise<HandshakeFailEvent> {
    const match = (event: Event): event is HandshakeFailEvent => event.type === 'handshakefail'
    return this.events.take('handshakefail', match, within)
  }

  /** What reads and writes messages of a protocol that runs on the peer. */
  async rw(peer: string, proto = 'echo'): Promise<MsgReadWriter> {
    const match = (running: Running) => running.peer.id === peer && running.proto === proto
    return (await this.running.take(`${proto} running on ${peer}`, match)).rw
  }

  got(peer: string, code: number, within?: number): Promise<Received> {
    const match = (received: Received) => received.peer === peer && received.code === code
    return this.received.take(`message ${code} of ${peer}`, match, within)
  }

  #protocol({ name = 'echo', version = 1, length = 16, run }: CapSpec): Protocol {
    return {
      name,
      version,
      length,
      run: (peer, rw) => {
        this.running.push({ peer, proto: name, version, rw })
        return run === undefined ? this.#echo(peer, name, rw) : run(peer, rw)
      },
    }
  }

  async #echo(peer: Peer, proto: string, rw: MsgReadWriter): Promise<void> {
    let messages = 0
    let bytes = 0
    for await (const { code, payload } of rw) {
      if (code === EchoCode.Count) {
        messages++
        bytes += payload.length
        continue
      }
      if (code === EchoCode.Counted) {
        await rw.send(EchoCode.Totals, [messages, bytes])
        messages = 0
        bytes = 0
        continue
      }
      this.received.push({ peer: peer.id, proto, code, size: payload.length, sha256: sha256(payload) })
      if (code === EchoCode.Echo) await rw.write(EchoCode.Echoed, payload)
    }
  }
}

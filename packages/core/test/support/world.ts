import { generatePrivateKey, type Protocol, Server, type ServerOptions } from '../../src/index.js'
import { discReasonText } from '../../src/peer/disc-reason.js'
import { MemoryNetwork, type MemoryNetworkOptions, SimClock, seededRandomBytes } from '../../src/testing/index.js'

/** Reads its messages and keeps quiet. */
export const listen: Protocol = {
  name: 'test',
  version: 1,
  length: 4,
  async run(_peer, rw) {
    for await (const _ of rw);
  },
}

export interface TestServer extends Server {
  /** Everything the server told, in short words. */
  readonly events: string[]
}

/** A network, a clock and servers that live in it. */
export class World {
  readonly clock = new SimClock()
  readonly network: MemoryNetwork
  readonly #servers: Server[] = []
  #seed = 1

  constructor(options: MemoryNetworkOptions = {}) {
    this.network = new MemoryNetwork(options)
  }

  /** A started server that listens on 10.0.0.<n>:30303, n counting from 1. */
  async server(options: Partial<ServerOptions> & { canPause?: boolean; listens?: boolean } = {}): Promise<TestServer> {
    const n = this.#servers.length + 1
    const { canPause = true, listens = true, ...rest } = options
    const randomBytes = seededRandomBytes(this.#seed++)
    const server = new Server({
      privateKey: generatePrivateKey(randomBytes),
      name: `node-${n}`,
      protocols: [listen],
      transports: [this.network.transport({ canPause, ...(listens ? { address: `10.0.0.${n}:30303` } : {}) })],
      clock: this.clock,
      randomBytes,
      ...rest,
    })
    this.#servers.push(server)
    const events: string[] = []
    server.addEventListener('peeradd', ({ peer }) => events.push(`add ${peer.name}`))
    server.addEventListener('peerdrop', ({ peer, reason, side }) =>
      events.push(`drop ${peer.name}: ${discReasonText(reason)} (${side})`),
    )
    server.addEventListener('dialfail', ({ error }) => events.push(`dialfail ${error.code}`))
    server.addEventListener('handshakefail', ({ stage, error }) => events.push(`${stage}: ${error.message}`))
    await server.start()
    return Object.assign(server, { events })
  }

  randomBytes() {
    return seededRandomBytes(this.#seed++)
  }

  /** Lets everything that needs no time happen. */
  settle(): Promise<void> {
    return this.clock.advance(0)
  }

  /** Stops all servers. What is left over then is a leak. */
  async end(): Promise<{ timers: number; links: number; listening: number }> {
    const stopped = Promise.all(this.#servers.map((server) => server.stop()))
    await this.clock.advance(10_000)
    await stopped
    await this.settle()
    const { links, listening } = this.network
    return { timers: this.clock.pendingTimers, links: links.length, listening: listening.length }
  }
}

export const NOTHING_LEFT = { timers: 0, links: 0, listening: 0 }

// Nodes that speak with each other in one process, without connections: each pair of protocols over a pipe of messages.
import type { Chain, SyncEventMap, SyncTarget } from '@ethspan/chain'
import { BlockImporter } from '@ethspan/chain'
import { memoryChain, type TestBlock, testSpec } from '@ethspan/chain/testing'
import {
  asError,
  type Clock,
  Enode,
  generatePrivateKey,
  type LogFields,
  type Logger,
  type Peer,
  type Protocol,
  publicKeyOf,
  systemClock,
} from '@ethspan/core'
import { type MsgPipeRW, messagePipe, type SimClock, seededRandomBytes } from '@ethspan/core/testing'
import { type Metrics, noMetrics, type ServiceContext, type Store } from '@ethspan/node'
import { memoryStore } from '@ethspan/node/memory'
import { onTestFinished } from 'vitest'
import {
  type EthProtocolsOptions,
  EthService,
  type EthServiceOptions,
  type EthServing,
  ethProtocols,
  serving,
} from '../src/index.js'

const randomBytes = seededRandomBytes(23)

export interface TestNode {
  readonly id: string
  readonly enode: Enode
  readonly protocols: readonly Protocol[]
}

/** A connection of two nodes. */
export interface Link {
  /** How it ended for each of them: undefined where the other one ended it. */
  readonly ended: Promise<{ readonly a: Error | undefined; readonly b: Error | undefined }>
  close(): void
}

export const testEnode = (): Enode => new Enode(publicKeyOf(generatePrivateKey(randomBytes)))

/** Connects two nodes by all protocols that both have, each in the highest version. */
export function connect(a: TestNode, b: TestNode, clock: Clock = systemClock): Link {
  const shared = new Map<string, readonly [Protocol, Protocol]>()
  for (const mine of a.protocols) {
    const yours = b.protocols.find(({ name, version }) => name === mine.name && version === mine.version)
    const before = shared.get(mine.name)
    if (yours !== undefined && (before === undefined || mine.version > before[0].version)) {
      shared.set(mine.name, [mine, yours])
    }
  }
  const caps = [...shared.values()].map(([{ name, version }]) => ({ name, version }))
  const ends = { a: new AbortController(), b: new AbortController() }
  const pipes: MsgPipeRW[] = []
  const close = () => {
    for (const pipe of pipes) pipe.close()
    ends.a.abort()
    ends.b.abort()
  }
  const failed: { a: Error | undefined; b: Error | undefined } = { a: undefined, b: undefined }
  const run = async (side: 'a' | 'b', protocol: Protocol, rw: MsgPipeRW) => {
    const other = side === 'a' ? b : a
    try {
      await protocol.run(testPeer(other.enode, caps, ends[side].signal), rw)
    } catch (error) {
      if (!ends[side].signal.aborted) failed[side] = asError(error)
    }
    close()
  }
  const running: Promise<void>[] = []
  for (const [mine, yours] of shared.values()) {
    const [near, far] = messagePipe(clock)
    pipes.push(near)
    running.push(run('a', mine, near), run('b', yours, far))
  }
  return { ended: Promise.all(running).then(() => failed), close }
}

/** What protocols look at in a peer. */
function testPeer(enode: Enode, protocols: Peer['protocols'], signal: AbortSignal): Peer {
  // Only the protocols of these tests see it, and they touch nothing else.
  return { id: enode.id, enode, name: 'test', protocols, trusted: false, signal } as unknown as Peer
}

/** Log lines in the order in which they came. */
export class TestLog implements Logger {
  readonly lines: { readonly level: string; readonly message: string; readonly fields: LogFields | undefined }[] = []
  readonly trace = this.#line('trace')
  readonly debug = this.#line('debug')
  readonly info = this.#line('info')
  readonly warn = this.#line('warn')
  readonly error = this.#line('error')

  #line(level: string) {
    return (message: string, fields?: LogFields) => {
      this.lines.push({ level, message, fields })
    }
  }

  /** Of warnings and errors. */
  get warnings(): string[] {
    return this.lines.filter(({ level }) => level === 'warn' || level === 'error').map(({ message }) => message)
  }
}

export interface FollowerOptions extends Partial<EthServiceOptions> {
  /** What the chain has at first. Default: the genesis block alone. */
  readonly blocks?: readonly TestBlock[]
  readonly store?: Store
  readonly metrics?: Metrics
}

/** A node with the service, on a chain in memory; it stops with the test. */
export async function follower(given: FollowerOptions = {}) {
  const { blocks, store = memoryStore(), metrics = noMetrics, ...options } = given
  const { chain = await memoryChain({ spec: testSpec(), blocks, keep: options.keep }), clock = systemClock } = options
  const service = new EthService({ importer: new BlockImporter({ chain }), ...options, chain, clock })
  const enode = testEnode()
  const log = new TestLog()
  const quit = new AbortController()
  const record = new Map<string, unknown>()
  const context = {
    server: { self: enode, localNode: { set: (key: string, value: unknown) => record.set(key, value) } },
    store,
    log,
    clock,
    metrics,
    signal: quit.signal,
    offer: () => undefined,
    find: () => undefined,
  }
  // The service asks no more of it.
  service.start(context as unknown as ServiceContext)
  const stop = async () => {
    quit.abort()
    await service.stop()
  }
  onTestFinished(stop)
  return {
    chain,
    service,
    log,
    record,
    store,
    stop,
    node: { id: enode.id, enode, protocols: service.protocols } satisfies TestNode,
    /** Sets the target and waits for what becomes of it. */
    sync: (block: { readonly hash: Uint8Array }, target: Partial<SyncTarget> = {}) =>
      new Promise<SyncEventMap[keyof SyncEventMap]>((resolve) => {
        const { sync } = service
        if (sync === undefined) throw new Error('the service has not started')
        sync.addEventListener('synced', resolve, { once: true })
        sync.addEventListener('syncfail', resolve, { once: true })
        sync.setTarget({ hash: block.hash, source: 'engine', ...target })
      }),
  }
}

export type Follower = Awaited<ReturnType<typeof follower>>

export interface ServerOptions extends Partial<Omit<EthProtocolsOptions, 'chain' | 'serving'>> {
  readonly chain: Chain
  /** Laid over what an honest node answers. */
  readonly lies?: Partial<EthServing> | ((honest: EthServing) => Partial<EthServing>)
}

/** A node that serves a chain, and may lie about it. */
export function server({ chain, lies = {}, ...options }: ServerOptions): TestNode {
  const enode = testEnode()
  const honest = serving(chain)
  const answers = { ...honest, ...(typeof lies === 'function' ? lies(honest) : lies) }
  return { id: enode.id, enode, protocols: ethProtocols({ chain, serving: answers, ...options }) }
}

/** Lets everything run that is not waiting for time: promises, stores and long work that takes turns. */
export async function turns(count = 50): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Lets things run until `condition` holds. */
export async function until(condition: () => boolean, what: string, count = 20_000): Promise<void> {
  for (let i = 0; i < count; i++) {
    if (condition()) return
    await turns(1)
  }
  throw new Error(`it never came to this: ${what}`)
}

/** Lets time pass in small steps until the promise settles. */
export async function drive<T>(clock: SimClock, promise: Promise<T>, step = 20): Promise<T> {
  let isSettled = false
  const settled = () => {
    isSettled = true
  }
  promise.then(settled, settled)
  for (let i = 0; i < 20_000 && !isSettled; i++) {
    await turns(2)
    await clock.advance(step)
  }
  if (!isSettled) throw new Error('it never came to an end')
  return promise
}

/** Resolves after so many milliseconds of the clock. */
export const after = (clock: Clock, ms: number) => new Promise<void>((resolve) => clock.setTimeout(resolve, ms))

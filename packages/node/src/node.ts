import {
  abortable,
  abortError,
  checkPrivateKey,
  type DialCandidates,
  deferred,
  EthspanError,
  type RecordEntries,
  Server,
  silentLogger,
  systemClock,
  VERSION,
} from '@ethspan/core'
import type { Api, EndpointContext, OpenEndpoint, RpcEndpoint } from './api.js'
import { joinErrors } from './failures.js'
import { KnownPeers } from './known-peers.js'
import { noMetrics } from './metrics.js'
import { moduleLogger } from './module-logger.js'
import { openStore, servicePart, storedNodeKey } from './node-store.js'
import { Offers } from './offers.js'
import type { DataDir, NodeOptions } from './options.js'
import { openRpc, Parts, startService } from './parts.js'
import { serverMetrics } from './server-metrics.js'
import type { Service, ServiceContext, Store } from './service.js'

/** As in geth: a node is started once, and is over when it was stopped or failed to start. */
export type NodeState = 'initializing' | 'running' | 'closed'

/** Visible ASCII, so that a name fits into a store's keys, a logger's module and a line of text. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

interface Registered {
  readonly service: Service
  /** Resolves when the service has started. */
  readonly started: ReturnType<typeof deferred<void>>
}

/** A container of services over one p2p server: geth's `node.Node`. Runs in Node, in a page and in a worker. */
export class Node {
  readonly name: string
  readonly #options: Required<Pick<NodeOptions, 'log' | 'clock' | 'metrics'>> & NodeOptions
  readonly #store: Store
  readonly #services = new Map<string, Registered>()
  readonly #endpoints = new Map<string, OpenEndpoint>()
  readonly #parts: Parts
  readonly #offers = new Offers()
  readonly #log
  /** Fires when the node begins to stop, or its start to fail. */
  readonly #quit = new AbortController()
  #state: NodeState = 'initializing'
  #server: Server | undefined
  #starting: Promise<void> | undefined
  #stopping: Promise<void> | undefined

  /** @throws {EthspanError} ERR_INVALID_OPTION, ERR_INVALID_KEY. The p2p options are checked by `start`. */
  constructor(options: NodeOptions) {
    const { name, dataDir, store, privateKey, clock = systemClock, log = silentLogger, metrics = noMetrics } = options
    checkName('node', name)
    if (privateKey !== undefined) checkPrivateKey(privateKey)
    if ((store === undefined) === (dataDir === undefined)) {
      throw new EthspanError('ERR_INVALID_OPTION', 'a node needs a store or a data directory, and not both', {
        hint: 'For one that keeps nothing: memoryStore() of @ethspan/node/memory.',
      })
    }
    this.name = name
    this.#options = { ...options, clock, log, metrics }
    this.#store = (store ?? dataDir?.store) as Store
    this.#log = moduleLogger(log, 'node')
    this.#parts = new Parts(clock)
    this.#parts.push(storePart(this.#store, dataDir))
    this.register(new KnownPeers())
  }

  get state(): NodeState {
    return this.#state
  }

  /**
   * The p2p server. It exists from the moment the node starts it; not to be started or stopped by others.
   * @throws {EthspanError} ERR_STATE before that
   */
  get server(): Server {
    if (this.#server === undefined) throw stateError('the p2p server is made when the node starts')
    return this.#server
  }

  /** Fires when the node begins to stop. */
  get signal(): AbortSignal {
    return this.#quit.signal
  }

  /** The directory the node was given. */
  get dataDir(): DataDir | undefined {
    return this.#options.dataDir
  }

  /** The RPC endpoints that are open, by name. */
  get endpoints(): ReadonlyMap<string, OpenEndpoint> {
    return this.#endpoints
  }

  /** What an RPC endpoint of this node is opened with; in-process calls need no more. */
  get endpointContext(): EndpointContext {
    const { log, clock } = this.#options
    return { apis: () => this.apis(), log: moduleLogger(log, 'rpc'), clock }
  }

  /** The methods of the node's options, then those of the services in the order of their registration. */
  apis(): readonly Api[] {
    const ofServices = [...this.#services.values()].flatMap(({ service }) => service.apis ?? [])
    return [...(this.#options.apis ?? []), ...ofServices]
  }

  /**
   * Adds a service, which starts after those before it.
   * @throws {EthspanError} ERR_STATE once the node was started; ERR_INVALID_OPTION for a name or an entry of the node's
   * record that another service has
   */
  register(service: Service): void {
    const { name } = service
    if (this.#state !== 'initializing') {
      throw stateError(
        `the service "${name}" can't be registered: the node is ${this.#state}`,
        'Register before start.',
      )
    }
    checkName('service', name)
    if (this.#services.has(name)) {
      throw new EthspanError('ERR_INVALID_OPTION', `a service "${name}" is registered already`, { fields: { name } })
    }
    const taken = this.#recordEntries()
    for (const key of Object.keys(service.enrEntries ?? {})) {
      if (!Object.hasOwn(taken, key)) continue
      const message = `the service "${name}" can't set "${key}" in the node's record: it is set already`
      throw new EthspanError('ERR_INVALID_OPTION', message, { fields: { name, key } })
    }
    this.#services.set(name, { service, started: deferred() })
  }

  /**
   * Starts the p2p server, then the RPC endpoints, then the services in the order of their registration. Where one fails or
   * the signal fires, all that was started is stopped in reverse, and the node is closed. A node starts once.
   * @throws {EthspanError} ERR_STATE for a node that was started before; ERR_SERVICE, ERR_LISTEN, ERR_DATA_DIR,
   * ERR_INVALID_OPTION, ERR_ABORTED. What failed on the way back is in the same error.
   */
  async start({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (this.#state !== 'initializing') {
      const hint = this.#state === 'closed' ? 'Make a new node: each one starts once.' : undefined
      throw stateError(`the node can't start: it is ${this.#state}`, hint)
    }
    this.#state = 'running'
    this.#starting = this.#start(signal)
    await this.#starting
  }

  /**
   * Stops the services in reverse, closes the RPC endpoints, says goodbye to every peer, and closes the store. Safe to call
   * in any state and more than once: a start under way is aborted, a node that was never started gives back its directory.
   * @throws {EthspanError} ERR_SERVICE with everything that failed to stop; the rest is stopped all the same
   */
  async stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    await this.#stopping
  }

  /**
   * Opens a further RPC endpoint, as `admin_startHTTP` does. `stop` closes it.
   * @throws {EthspanError} ERR_STATE unless the node runs and has none of this name; what the endpoint throws
   */
  async openEndpoint(name: string, endpoint: RpcEndpoint): Promise<OpenEndpoint> {
    const { signal } = this.#quit
    if (this.#state !== 'running' || signal.aborted) {
      throw stateError(`the RPC endpoint "${name}" can't be opened: the node does not run`)
    }
    if (this.#endpoints.has(name)) throw stateError(`the RPC endpoint "${name}" is open already`)
    const open = await openRpc(endpoint, this.endpointContext, signal)
    if (this.#endpoints.has(name)) {
      await open.close()
      throw stateError(`the RPC endpoint "${name}" is open already`)
    }
    this.#endpoints.set(name, open)
    this.#log.debug('RPC endpoint open', { endpoint: name, address: open.address })
    return open
  }

  /** Closes an RPC endpoint, as `admin_stopHTTP` does. False where none of this name is open. */
  async closeEndpoint(name: string): Promise<boolean> {
    const open = this.#endpoints.get(name)
    if (open === undefined) return false
    this.#endpoints.delete(name)
    await open.close()
    this.#log.debug('RPC endpoint closed', { endpoint: name })
    return true
  }

  async #start(signal: AbortSignal | undefined): Promise<void> {
    const abort = () => this.#quit.abort(signal?.reason)
    if (signal?.aborted) abort()
    signal?.addEventListener('abort', abort, { once: true })
    try {
      await this.#open()
    } catch (error) {
      if (!this.#quit.signal.aborted) this.#quit.abort(error)
      const errors = await this.#close()
      throw joinErrors([error, ...errors])
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  async #open(): Promise<void> {
    const { dataDir, rpc = {} } = this.#options
    const { signal } = this.#quit
    for (const note of dataDir?.notes ?? []) this.#log.warn(note)
    await abortable(openStore(this.#store), signal)
    const server = await this.#makeServer()
    this.#server = server
    this.#parts.push({ what: 'the p2p server', close: () => server.stop() })
    await server.start({ signal })
    this.#log.info('p2p server started', { enode: server.self.toString() })

    for (const [name, endpoint] of Object.entries(rpc)) {
      // Before it opens: an endpoint that is opened later with the same call is closed with the others.
      this.#parts.push({ what: `the RPC endpoint "${name}"`, close: () => this.closeEndpoint(name) })
      await this.openEndpoint(name, endpoint)
    }
    this.#parts.push({ what: 'RPC endpoints opened later', close: () => this.#closeOtherEndpoints() })

    for (const { service, started } of this.#services.values()) {
      await startService(service, this.#contextOf(service.name, server))
      this.#parts.push({ what: `the service "${service.name}"`, close: () => service.stop?.() })
      if (signal.aborted) throw abortError(signal)
      started.resolve()
      this.#log.debug('service started', { service: service.name })
    }
  }

  async #makeServer(): Promise<Server> {
    const { p2p, name, privateKey, dataDir, log, clock, metrics } = this.#options
    const services = [...this.#services.values()]
    const counting = metrics === noMetrics ? undefined : serverMetrics(metrics, clock)
    const server = new Server({
      ...(counting === undefined ? {} : { meter: counting.meter }),
      name: `${name}/v${VERSION}`,
      ...p2p,
      privateKey: privateKey ?? dataDir?.nodeKey() ?? (await abortable(storedNodeKey(this.#store), this.#quit.signal)),
      protocols: services.flatMap(({ service }) => service.protocols ?? []),
      attributes: this.#recordEntries(),
      staticNodes: [...(p2p.staticNodes ?? []), ...(dataDir?.staticNodes ?? [])],
      trustedNodes: [...(p2p.trustedNodes ?? []), ...(dataDir?.trustedNodes ?? [])],
      dialCandidates: [...(p2p.dialCandidates ?? []), ...services.flatMap(candidatesOf)],
      log: moduleLogger(log, 'p2p'),
      clock,
    })
    counting?.attach(server)
    return server
  }

  #recordEntries(): RecordEntries {
    const ofServices = [...this.#services.values()].map(({ service }) => service.enrEntries ?? {})
    return Object.assign({}, this.#options.p2p.attributes, ...ofServices)
  }

  #contextOf(name: string, server: Server): ServiceContext {
    const { log, clock, metrics } = this.#options
    return {
      server,
      store: servicePart(this.#store, name),
      log: moduleLogger(log, name),
      clock,
      metrics,
      signal: this.#quit.signal,
      offer: (key, value) => this.#offers.offer(name, key, value),
      find: (key) => this.#offers.find(key),
      need: (key) => this.#offers.need(name, key),
    }
  }

  async #stop(): Promise<void> {
    this.#quit.abort(new EthspanError('ERR_CLOSED', 'the node stops'))
    // Its error is told to whoever called start, and it closes everything by itself.
    await this.#starting?.catch(() => undefined)
    const [error, ...more] = await this.#close()
    if (error !== undefined) throw joinErrors([error, ...more])
  }

  /** Idempotent: what is closed is no part any more. */
  async #close(): Promise<Error[]> {
    const errors = await this.#parts.close()
    this.#state = 'closed'
    for (const error of errors) this.#log.error(error.message, { error })
    this.#log.info('node closed')
    return errors
  }

  async #closeOtherEndpoints(): Promise<void> {
    const configured = new Set(Object.keys(this.#options.rpc ?? {}))
    const errors: unknown[] = []
    for (const name of [...this.#endpoints.keys()].reverse()) {
      if (!configured.has(name)) await this.closeEndpoint(name).catch((error) => errors.push(error))
    }
    if (errors.length > 0) throw joinErrors(errors as [unknown])
  }
}

/** The node owns its store: with the directory it lies in, or alone. */
function storePart(store: Store, dataDir: DataDir | undefined) {
  if (dataDir === undefined) return { what: 'the store', close: () => store.close() }
  return { what: 'the data directory', close: () => dataDir.close() }
}

/** The nodes a service finds, from the moment it has started: the p2p server is up before. */
function candidatesOf({ service, started }: Registered): DialCandidates[] {
  if (service.dialCandidates === undefined) return []
  return [
    async function* candidates(options) {
      await abortable(started.promise, options.signal)
      yield* service.dialCandidates!(options)
    },
  ]
}

function checkName(what: string, name: string): void {
  if (NAME.test(name)) return
  const message = `the ${what}'s name "${name}" is not 1 to 64 letters, digits, dots, dashes or underscores`
  throw new EthspanError('ERR_INVALID_OPTION', message, { fields: { name } })
}

const stateError = (message: string, hint?: string) =>
  new EthspanError('ERR_STATE', message, hint === undefined ? {} : { hint })

import type { Clock, Enode, Logger, Protocol, RecordEntries, Server } from '@ethspan/core'
import type { AbstractLevel } from 'abstract-level'
import type { Api } from './api.js'
import type { ServiceKey } from './key.js'
import type { Metrics } from './metrics.js'

/** Where a service keeps things: keys are text, values are bytes. In Node on disk, in a browser in IndexedDB. */
export type Store = AbstractLevel<string | Uint8Array, string, Uint8Array>

/** What a service gets when it starts. */
export interface ServiceContext {
  readonly server: Server
  /** The service's own part of the node's store. */
  readonly store: Store
  readonly log: Logger
  readonly clock: Clock
  readonly metrics: Metrics
  /** Fires when the node begins to stop. */
  readonly signal: AbortSignal
  /** Offers `value` to the services that start after this one. @throws {EthspanError} ERR_STATE where the key is taken. */
  offer<T>(key: ServiceKey<T>, value: T): void
  /** What an earlier service offers; undefined where none does. */
  find<T>(key: ServiceKey<T>): T | undefined
  /** As `find`. @throws {EthspanError} ERR_STATE naming the key, where no earlier service offers it. */
  need<T>(key: ServiceKey<T>): T
}

/** Something that runs on a node: geth's `node.Lifecycle` with its protocols and apis. */
export interface Service {
  readonly name: string
  readonly protocols?: readonly Protocol[]
  readonly apis?: readonly Api[]
  /** Entries for the node's record. */
  readonly enrEntries?: RecordEntries
  /** Nodes worth dialing for this service. */
  dialCandidates?(options: { readonly signal: AbortSignal }): AsyncIterable<Enode>
  /** Called after the p2p server and RPC are up, in the order of registration. */
  start?(context: ServiceContext): void | Promise<void>
  /** Called in reverse order. */
  stop?(): void | Promise<void>
}

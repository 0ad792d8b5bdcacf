/** A number that only grows. `labels` values are few and bounded: never something a peer chooses. */
export interface Counter {
  add(amount?: number, labels?: Readonly<Record<string, string>>): void
}

/** A number that goes up and down. */
export interface Gauge {
  set(value: number, labels?: Readonly<Record<string, string>>): void
}

/** Where a node counts. Names are geth's with slashes, such as `p2p/ingress`. The same name gives the same metric. */
export interface Metrics {
  counter(name: string, help: string, labels?: readonly string[]): Counter
  gauge(name: string, help: string, labels?: readonly string[]): Gauge
  /** Calls `update` each time before the metrics are read: for what is cheaper to look up then than to tell all the time. */
  onRead(update: () => void): void
}

/** Counts nothing: for whoever does not ask. */
export const noMetrics: Metrics = {
  counter: () => ({ add() {} }),
  gauge: () => ({ set() {} }),
  onRead() {},
}

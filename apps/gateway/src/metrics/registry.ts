import { EthspanError } from '@ethspan/core'
import type { Metrics } from '@ethspan/node'
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'

/** A node's metrics, as Prometheus reads them. */
export interface PrometheusMetrics extends Metrics {
  /** The media type of `text`. */
  readonly contentType: string
  /** All metrics in Prometheus's text format, as of now. */
  text(): Promise<string>
}

export interface PrometheusOptions {
  /**
   * Tells of the process too: memory, event loop, garbage collection. For one registry of a process at most, because what
   * watches the event loop runs as long as the process. Default false.
   */
  readonly ofProcess?: boolean
}

/** What a name in Prometheus may not have; geth replaces the slashes. */
const UNFIT = /[^a-zA-Z0-9_:]/g

/** Metrics in a registry of their own. */
export function createMetrics({ ofProcess = false }: PrometheusOptions = {}): PrometheusMetrics {
  const registry = new Registry()
  const updates: (() => void)[] = []
  if (ofProcess) collectDefaultMetrics({ register: registry })

  /** The metric of this name, made where there is none. @throws {EthspanError} ERR_STATE where it is one of another kind. */
  function metric<T extends Counter | Gauge>(kind: new (options: MetricOptions) => T, options: MetricOptions): T {
    const known = registry.getSingleMetric(options.name)
    if (known === undefined) return new kind(options)
    if (known instanceof kind) return known
    throw new EthspanError(
      'ERR_STATE',
      `the metric ${options.name} is a ${known.constructor.name.toLowerCase()} already`,
    )
  }
  const options = (name: string, help: string, labels: readonly string[] = []): MetricOptions => {
    return { name: name.replace(UNFIT, '_'), help, labelNames: [...labels], registers: [registry] }
  }

  return {
    counter(name, help, labels) {
      const counter = metric(Counter, options(name, help, labels))
      return { add: (amount = 1, values = {}) => counter.inc(values, amount) }
    },
    gauge(name, help, labels) {
      const gauge = metric(Gauge, options(name, help, labels))
      return { set: (value, values = {}) => gauge.set(values, value) }
    },
    onRead: (update) => void updates.push(update),
    contentType: registry.contentType,
    async text() {
      for (const update of updates) update()
      return registry.metrics()
    },
  }
}

interface MetricOptions {
  readonly name: string
  readonly help: string
  readonly labelNames: string[]
  readonly registers: Registry[]
}

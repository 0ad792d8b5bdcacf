export type {
  Api,
  ApiMethod,
  ApiSubscription,
  CallContext,
  EndpointContext,
  OpenEndpoint,
  RpcEndpoint,
} from './api.js'
export { type ServiceKey, serviceKey } from './key.js'
export { type Counter, type Gauge, type Metrics, noMetrics } from './metrics.js'
export { moduleLogger } from './module-logger.js'
export { Node, type NodeState } from './node.js'
export type { DataDir, NodeOptions, P2POptions } from './options.js'
export { type ServerMetrics, serverMetrics } from './server-metrics.js'
export type { Service, ServiceContext, Store } from './service.js'
export { plainBytes, storeError } from './store-bytes.js'

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
export type { Service, ServiceContext, Store } from './service.js'

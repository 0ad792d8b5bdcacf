export { hostPort } from '../enode/ip.js'
export {
  type AskedHost,
  askedHost,
  clientAddress,
  type HttpReach,
  type HttpRequest,
  isOwnPage,
  pathOf,
} from './http-request.node.js'
export { isLAN, Netlist, parseNetlist, plainIp } from './netlist.node.js'
export { type Refusal, refuseUpgrade } from './refuse-upgrade.node.js'
export {
  InboundThrottle,
  type InboundThrottleOptions,
  TokenBuckets,
  type TokenBucketsOptions,
} from './throttle.node.js'

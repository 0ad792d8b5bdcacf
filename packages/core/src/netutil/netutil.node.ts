export { isLAN, Netlist, parseNetlist, plainIp } from './netlist.node.js'
export {
  InboundThrottle,
  type InboundThrottleOptions,
  TokenBuckets,
  type TokenBucketsOptions,
} from './throttle.node.js'

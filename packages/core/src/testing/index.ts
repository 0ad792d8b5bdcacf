export {
  type ChannelConformanceOptions,
  type ChannelPair,
  type ConformanceApi,
  channelConformance,
} from './channel-conformance.js'
export {
  type MemoryLink,
  MemoryNetwork,
  type MemoryNetworkOptions,
  type MemoryTransportOptions,
} from './memory-transport.js'
export { type MsgPipeRW, messagePipe } from './message-pipe.js'
export { type LogLine, recorder } from './recorder.js'
export { seededRandomBytes } from './seeded-random.js'
export { settle } from './settle.js'
export { SimClock } from './sim-clock.js'

export {
  Chat,
  type ChatMessage,
  ChatMessageEvent,
  ChatMsg,
  type ChatOptions,
  chatLimits,
} from './chat.js'
export type { FeedNode } from './peers/feed.js'
export { PeersMsg, peersLimits } from './peers/messages.js'
export { PeerFeed, PeerFeedChangeEvent, type PeerFeedOptions } from './peers/peer-feed.js'
export { dialableAddress, type PeerSource } from './peers/publisher.js'
export { cleanText } from './text.js'

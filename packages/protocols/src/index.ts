export {
  Chat,
  type ChatMessage,
  ChatMessageEvent,
  ChatMsg,
  type ChatOptions,
  chatLimits,
} from './chat.js'
export {
  dialableAddress,
  type FeedNode,
  PeerFeed,
  PeerFeedChangeEvent,
  type PeerFeedOptions,
  type PeerSource,
  PeersMsg,
  peersLimits,
} from './peer-feed.js'
export { cleanText } from './text.js'

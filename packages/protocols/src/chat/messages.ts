// The messages of `chat/1` on the wire: their codes, their limits, and how one is signed.
import {
  bytesToHex,
  decodeRlp,
  EthspanError,
  encodeRlp,
  expectBytes,
  expectList,
  expectText,
  expectUint,
  keccak256,
  type RlpInput,
  type RlpItem,
  sign,
} from '@ethspan/core'

/** Message codes of `chat/1`. */
export const ChatMsg = { History: 0x00, Message: 0x01 } as const

/** Limits of `chat/1`. Sizes and times are part of the protocol; what a node remembers and its rates are its own matter. */
export const chatLimits = {
  /** Characters (code points) of a text: a few sentences. */
  textCharacters: 256,
  /** Bytes of a text: four for each character, the most that UTF-8 needs. */
  textBytes: 1024,
  /** Bytes of a sender's name. */
  nameBytes: 64,
  /** Messages in a History, and how many a node keeps for newcomers. */
  history: 50,
  /** Milliseconds after which a message is no longer taken or passed on. */
  maxAge: 24 * 60 * 60 * 1000,
  /** Milliseconds that the sender's clock may be ahead. */
  maxAhead: 10 * 60 * 1000,
  /** Ids of messages that a node remembers, so as to take each one once. */
  seen: 4096,
  /** Origins whose rate a node remembers. */
  origins: 512,
  /** Messages that wait for one slow peer; past that the oldest are left out. */
  outbox: 128,
} as const

const domain = 'ethspan chat/1'
const publicKeyBytes = 64
const signatureBytes = 64
/** Fields of a message, its list, and the list of a History. */
const messageItems = 6
const historyItems = 1 + chatLimits.history * messageItems
const maxMessageBytes = 256 + chatLimits.textBytes + chatLimits.nameBytes

/** A message on its way: as it was signed. */
export interface SignedMessage {
  readonly id: string
  readonly publicKey: Uint8Array
  readonly time: number
  readonly name: string
  readonly text: string
  readonly signature: Uint8Array
}

/** What a peer did that the protocol does not allow; `what` completes "the peer …". */
export const breach = (what: string) => new EthspanError('ERR_PROTOCOL', `chat/1: the peer ${what}`)

function digest(publicKey: Uint8Array, time: number, name: string, text: string): Uint8Array {
  return keccak256(encodeRlp([domain, publicKey, time, name, text]))
}

/** Makes a message of this node's own. `time` in milliseconds since 1970. */
export function signMessage(
  privateKey: Uint8Array,
  publicKey: Uint8Array,
  time: number,
  name: string,
  text: string,
): SignedMessage {
  const hash = digest(publicKey, time, name, text)
  const signature = sign(hash, privateKey).subarray(0, signatureBytes)
  return { id: bytesToHex(hash), publicKey, time, name, text, signature }
}

/** A message, as it travels. */
export const toRlp = ({ publicKey, time, name, text, signature }: SignedMessage): RlpInput => [
  publicKey,
  time,
  name,
  text,
  signature,
]

/** @throws {EthspanError} ERR_PROTOCOL, ERR_INVALID_RLP; the signatures are not looked at. */
export function decodeHistory(payload: Uint8Array): SignedMessage[] {
  if (payload.length > chatLimits.history * maxMessageBytes) throw breach(`sent a history of ${payload.length} bytes`)
  const item = decodeRlp(payload, { maxDepth: 2, maxItems: historyItems })
  return expectList(item, 'history', { max: chatLimits.history }).map(fromRlp)
}

/** @throws {EthspanError} ERR_PROTOCOL, ERR_INVALID_RLP; the signature is not looked at. */
export function decodeMessage(code: number, payload: Uint8Array): SignedMessage {
  if (code !== ChatMsg.Message) throw breach(`sent the unknown message code ${code}`)
  if (payload.length > maxMessageBytes) throw breach(`sent a message of ${payload.length} bytes`)
  return fromRlp(decodeRlp(payload, { maxDepth: 1, maxItems: messageItems }))
}

function fromRlp(item: RlpItem): SignedMessage {
  const [key, when, who, what, proof] = expectList(item, 'chat message', { min: 5, max: 5 })
  // Copies: what is kept must not hold on to the whole payload it came in.
  const publicKey = expectBytes(key, 'public key', publicKeyBytes).slice()
  const time = expectUint(when, 'time', Number.MAX_SAFE_INTEGER)
  const name = expectText(who, 'name', chatLimits.nameBytes)
  const text = expectText(what, 'text', chatLimits.textBytes)
  if ([...text].length > chatLimits.textCharacters) throw breach('sent a text with too many characters')
  const signature = expectBytes(proof, 'signature', signatureBytes).slice()
  return { id: bytesToHex(digest(publicKey, time, name, text)), publicKey, time, name, text, signature }
}

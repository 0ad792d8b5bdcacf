// The messages of `peers/1` on the wire: their codes, their limits, and a node as one of them tells of it.
import {
  bytesToHex,
  capString,
  decodeRlp,
  Enode,
  EthspanError,
  equalBytes,
  expectBytes,
  expectList,
  expectText,
  expectUint,
  hexToBytes,
  keccak256,
  type RlpInput,
  type RlpItem,
} from '@ethspan/core'
import { cleanText } from '../text.js'

/** Message codes of `peers/1`. */
export const PeersMsg = { Subscribe: 0x00, Snapshot: 0x01, Add: 0x02, Remove: 0x03 } as const

/** Limits of `peers/1`; all but the rates are part of the protocol. */
export const peersLimits = {
  /** Nodes in one feed, and so in one Snapshot. Ten times geth's default for maxPeers. */
  nodes: 512,
  /** Nodes in one Add or Remove; more changes than that are told by a Snapshot. */
  changes: 64,
  /** Bytes of a client's name. A Hello (2048 bytes) could hold more, a table can't. */
  nameBytes: 128,
  /** Capabilities of one node. */
  caps: 32,
  /** Bytes of a capability's name. Source: rlpx.md, "Hello" (at most 8 ASCII characters). */
  capNameBytes: 8,
  /** Bytes of a transport's name. */
  transportBytes: 16,
  /** Bytes of an address; an enode URL has some 160. */
  addressBytes: 512,
  /** Bytes of one message. */
  messageBytes: 1024 * 1024,
  /** Publishers that one node listens to; feeds of more peers are not asked for. */
  publishers: 16,
} as const

const publicKeyBytes = 64
const nodeIdBytes = 32
/** Longest age of a connection, in milliseconds: 2^42 is 139 years. */
const maxAge = 2 ** 42

/** What a publisher says of a node. */
export interface FeedEntry {
  /** keccak256 of the public key, 64 hex digits. */
  readonly id: string
  /** 128 hex digits. */
  readonly publicKey: string
  /** The client's name, cleaned by {@link cleanText}. */
  readonly name: string
  /** Such as `chat/1`. */
  readonly caps: readonly string[]
  /** How it is connected to the publisher: `tcp`, `ws`, … */
  readonly transport: string
  /** Whether it dialed the publisher. */
  readonly inbound: boolean
  /** Milliseconds since 1970, by this node's clock. */
  readonly connectedSince: number
  /** The enode URL it can be dialed at, where it told one. */
  readonly address: string | undefined
}

/** What a peer did that the protocol does not allow; `what` completes "the peer …". */
export const breach = (what: string) => new EthspanError('ERR_PROTOCOL', `peers/1: the peer ${what}`)

const maxItems: Record<number, number> = {
  [PeersMsg.Subscribe]: 0,
  [PeersMsg.Snapshot]: peersLimits.nodes,
  [PeersMsg.Add]: peersLimits.changes,
  [PeersMsg.Remove]: peersLimits.changes,
}
/** A message is a list of nodes, a node has a list of caps, a cap is a list. */
const messageDepth = 4
/** Of a node: its own list and six fields, the list of caps, and for each cap a list of two. */
const itemsPerNode = 8 + 3 * peersLimits.caps

/**
 * The items of a message's list, each still to be read.
 * @throws {EthspanError} ERR_PROTOCOL, ERR_INVALID_RLP
 */
export function decodeMessage(code: number, payload: Uint8Array): readonly RlpItem[] {
  if (payload.length > peersLimits.messageBytes) throw breach(`sent a message of ${payload.length} bytes`)
  const max = maxItems[code]
  if (max === undefined) throw breach(`sent the unknown message code ${code}`)
  const item = decodeRlp(payload, { maxDepth: messageDepth, maxItems: 1 + max * itemsPerNode })
  // An Add or Remove that tells nothing would be a way to keep the reader busy.
  const min = code === PeersMsg.Add || code === PeersMsg.Remove ? 1 : 0
  return expectList(item, 'message', { min, max })
}

/** A node id, as an item of Remove. */
export const decodeNodeId = (item: RlpItem): string => bytesToHex(expectBytes(item, 'node id', nodeIdBytes))

/** A node, as an item of Snapshot or Add. `now` in milliseconds since 1970: what travels is the connection's age. */
export function encodeEntry(entry: FeedEntry, now: number): RlpInput {
  return [
    hexToBytes(entry.publicKey),
    entry.name,
    entry.caps.map((cap) => {
      const slash = cap.lastIndexOf('/')
      return [cap.slice(0, slash), Number(cap.slice(slash + 1))]
    }),
    entry.transport,
    entry.inbound,
    Math.min(maxAge, Math.max(0, Math.round(now - entry.connectedSince))),
    entry.address ?? '',
  ]
}

/** The inverse of {@link encodeEntry}, by the reader's clock. */
export function decodeEntry(item: RlpItem, now: number): FeedEntry {
  const [key, name, caps, transport, inbound, age, address, ...rest] = expectList(item, 'node', { min: 7 })
  if (rest.length > 0) throw breach('told of a node with unknown fields')
  const publicKey = expectBytes(key, 'public key', publicKeyBytes)
  return {
    id: bytesToHex(keccak256(publicKey)),
    publicKey: bytesToHex(publicKey),
    name: cleanText(expectText(name, 'client name', peersLimits.nameBytes)),
    caps: expectList(caps, 'capabilities', { max: peersLimits.caps }).map(decodeCap),
    transport: expectWord(transport, 'transport', peersLimits.transportBytes),
    inbound: expectUint(inbound, 'direction', 1) === 1,
    connectedSince: now - expectUint(age, 'age', maxAge),
    address: decodeAddress(expectText(address, 'address', peersLimits.addressBytes), publicKey),
  }
}

function decodeCap(item: RlpItem): string {
  const [name, version] = expectList(item, 'capability', { min: 2, max: 2 })
  return capString({
    name: expectWord(name, 'capability name', peersLimits.capNameBytes),
    version: expectUint(version, 'capability version'),
  })
}

/** Visible ASCII without spaces, at least one character. */
function expectWord(item: RlpItem | undefined, what: string, maxBytes: number): string {
  const word = expectText(item, what, maxBytes)
  if (!/^[!-~]+$/.test(word)) throw breach(`told of a node whose ${what} is not a word`)
  return word
}

function decodeAddress(address: string, publicKey: Uint8Array): string | undefined {
  if (address === '') return undefined
  const node = Enode.parse(address)
  if (!equalBytes(node.publicKey, publicKey)) throw breach("told of a node with another node's address")
  return node.toString()
}

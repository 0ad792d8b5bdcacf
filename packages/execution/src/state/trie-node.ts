// The nodes of a Merkle Patricia trie whose keys all have one length, so that a branch has no value of its own (yellow paper,
// appendix D). Nodes are never changed: an update makes new ones on its way, and tries share the rest.

import { HASH_BYTES, type Hash } from '@ethspan/chain'
import {
  decodeRlp,
  encodeRlp,
  expectBytes,
  invalidRlp,
  isRlpList,
  joinRlpList,
  rlpStringPayload,
  splitRlpList,
} from '@ethspan/core'

/** Half bytes, one in each. */
export type Nibbles = Uint8Array

export interface LeafNode {
  readonly kind: 'leaf'
  /** What is left of the key here. */
  readonly path: Nibbles
  readonly value: Uint8Array
}

export interface ExtensionNode {
  readonly kind: 'extension'
  readonly path: Nibbles
  /** A branch. */
  readonly child: NodeRef
}

export interface BranchNode {
  readonly kind: 'branch'
  /** 16, at least two of them there. */
  readonly children: readonly (NodeRef | undefined)[]
}

export type TrieNode = LeafNode | ExtensionNode | BranchNode

/** A node that is stored, by its hash; or one that is not: new, or so short that it stands in its parent. */
export type NodeRef = Hash | TrieNode

const CHILDREN = 16
const EMPTY_STRING = Uint8Array.of(0x80)
const LEAF_FLAG = 0x20
const ODD_FLAG = 0x10

/** Reads a stored node. @throws {EthspanError} ERR_INVALID_RLP */
export function decodeNode(bytes: Uint8Array): TrieNode {
  const items = splitRlpList(bytes, 'trie node', { min: 2, max: CHILDREN + 1 })
  if (items.length === 2) return decodeShort(items[0]!, items[1]!)
  if (items.length !== CHILDREN + 1) throw invalidRlp(`trie node: a list of ${items.length}`)
  return { kind: 'branch', children: items.slice(0, CHILDREN).map(decodeRef) }
}

function decodeShort(key: Uint8Array, rest: Uint8Array): TrieNode {
  const { path, isLeaf } = unpackPath(rlpStringPayload(key, 'trie path'))
  if (isLeaf) return { kind: 'leaf', path, value: expectBytes(decodeRlp(rest), 'trie value') }
  const child = decodeRef(rest)
  if (child === undefined) throw invalidRlp('trie node: an extension to nothing')
  return { kind: 'extension', path, child }
}

function decodeRef(item: Uint8Array): NodeRef | undefined {
  if (isRlpList(item)) return decodeNode(item)
  const hash = rlpStringPayload(item, 'trie node')
  if (hash.length === 0) return undefined
  if (hash.length !== HASH_BYTES) throw invalidRlp(`trie node: a hash of ${hash.length} bytes`)
  return hash
}

/**
 * Encodes a node. `refer` is asked for how each child stands in it.
 */
export function encodeNode(node: TrieNode, refer: (child: NodeRef) => Uint8Array): Uint8Array {
  switch (node.kind) {
    case 'leaf':
      return joinRlpList([encodeRlp(packPath(node.path, true)), encodeRlp(node.value)])
    case 'extension':
      return joinRlpList([encodeRlp(packPath(node.path, false)), refer(node.child)])
    case 'branch': {
      const items = node.children.map((child) => (child === undefined ? EMPTY_STRING : refer(child)))
      return joinRlpList([...items, EMPTY_STRING])
    }
  }
}

/** The half bytes of a key, the higher first. */
export function nibblesOf(key: Uint8Array): Nibbles {
  const nibbles = new Uint8Array(2 * key.length)
  for (let i = 0; i < key.length; i++) {
    nibbles[2 * i] = key[i]! >> 4
    nibbles[2 * i + 1] = key[i]! & 15
  }
  return nibbles
}

/** With a flag for leaves and for an odd length in front (yellow paper, appendix C). */
function packPath(path: Nibbles, isLeaf: boolean): Uint8Array {
  const odd = path.length % 2
  const packed = new Uint8Array(1 + (path.length >> 1))
  packed[0] = (isLeaf ? LEAF_FLAG : 0) | (odd === 1 ? ODD_FLAG | path[0]! : 0)
  for (let i = 1; i < packed.length; i++) packed[i] = (path[2 * i - 2 + odd]! << 4) | path[2 * i - 1 + odd]!
  return packed
}

function unpackPath(packed: Uint8Array): { path: Nibbles; isLeaf: boolean } {
  const nibbles = nibblesOf(packed)
  const flag = packed[0] ?? 0
  return { path: nibbles.subarray((flag & ODD_FLAG) === 0 ? 2 : 1), isLeaf: (flag & LEAF_FLAG) !== 0 }
}

// A Merkle Patricia trie over stored nodes. Our own, because @ethereumjs/mpt makes, hashes and stores all nodes on the way anew for
// each entry that is put, reads what is missing as empty, and has promises for each step also where all is in memory. Measured with
// the 600 blocks of geth's test chain, signatures left out, in one run: 19 ms of CPU a block with the library's state manager, 8.0
// with its caches and our Keccak, 4.0 with this one.
import { EMPTY_ROOT, type Hash } from '@ethspan/chain'
import { equalBytes } from '@ethspan/core'
import {
  type BranchNode,
  decodeNode,
  encodeNode,
  type Nibbles,
  type NodeRef,
  nibblesOf,
  type TrieNode,
} from './trie-node.js'

/** What a trie stands on. */
export interface NodeSource {
  readonly hash: (bytes: Uint8Array) => Hash
  /** The stored node with this hash, at once where it is in memory. Fails where it is not there. */
  load(hash: Hash): Uint8Array | Promise<Uint8Array>
}

/** Takes a new node under its hash. */
export type NodeSink = (hash: Hash, bytes: Uint8Array) => void

/** Shorter nodes stand in their parent themselves (yellow paper, appendix D). */
const HASH_FROM_BYTES = 32

/** Keys are 32 bytes each; values are not empty. Methods are not to be called while another has not ended. */
export class Trie {
  readonly #source: NodeSource
  #root: NodeRef | undefined

  /** @throws what the source throws for a root that is not there, with the first use. */
  constructor(source: NodeSource, root: Hash) {
    this.#source = source
    this.#root = equalBytes(root, EMPTY_ROOT) ? undefined : root
  }

  async get(key: Hash): Promise<Uint8Array | undefined> {
    const nibbles = nibblesOf(key)
    let at = 0
    let ref = this.#root
    while (ref !== undefined) {
      const loaded: TrieNode | Promise<TrieNode> = this.#resolve(ref)
      const node = loaded instanceof Promise ? await loaded : loaded
      if (node.kind === 'branch') {
        ref = node.children[nibbles[at++]!]
        continue
      }
      if (commonLength(node.path, nibbles, at) < node.path.length) return undefined
      if (node.kind === 'leaf') return node.value
      at += node.path.length
      ref = node.child
    }
    return undefined
  }

  async put(key: Hash, value: Uint8Array): Promise<void> {
    this.#root = await this.#insert(this.#root, nibblesOf(key), 0, value)
  }

  async delete(key: Hash): Promise<void> {
    this.#root = await this.#remove(this.#root, nibblesOf(key), 0)
  }

  /** Hashes what is new, hands it to `sink` and gives the root. What has no place in the trie any more is never made. */
  commit(sink: NodeSink): Hash {
    const root = this.#root
    if (root === undefined) return EMPTY_ROOT
    if (root instanceof Uint8Array) return root
    const bytes = this.#encode(root, sink)
    const hash = this.#source.hash(bytes)
    sink(hash, bytes)
    this.#root = hash
    return hash
  }

  /**
   * The nodes from the root to a key, or to where it shows that it is not there (EIP-1186). Those that stand in their parents
   * are part of these. Only of a trie without changes.
   */
  async prove(key: Hash): Promise<Uint8Array[]> {
    const nibbles = nibblesOf(key)
    const proof: Uint8Array[] = []
    let at = 0
    let ref = this.#root
    while (ref !== undefined) {
      let node: TrieNode
      if (ref instanceof Uint8Array) {
        const bytes = await this.#source.load(ref)
        proof.push(bytes)
        node = decodeNode(bytes)
      } else {
        node = ref
      }
      if (node.kind === 'branch') {
        ref = node.children[nibbles[at++]!]
        continue
      }
      if (node.kind === 'leaf' || commonLength(node.path, nibbles, at) < node.path.length) break
      at += node.path.length
      ref = node.child
    }
    return proof
  }

  #resolve(ref: NodeRef): TrieNode | Promise<TrieNode> {
    if (!(ref instanceof Uint8Array)) return ref
    const bytes = this.#source.load(ref)
    return bytes instanceof Uint8Array ? decodeNode(bytes) : bytes.then(decodeNode)
  }

  async #insert(ref: NodeRef | undefined, key: Nibbles, at: number, value: Uint8Array): Promise<TrieNode> {
    if (ref === undefined) return { kind: 'leaf', path: key.subarray(at), value }
    const node = await this.#resolve(ref)
    if (node.kind === 'branch') {
      const branch = key[at]!
      return withChild(node, branch, await this.#insert(node.children[branch], key, at + 1, value))
    }
    const { path } = node
    const common = commonLength(path, key, at)
    if (common === path.length) {
      if (node.kind === 'leaf') return { kind: 'leaf', path, value }
      return { kind: 'extension', path, child: await this.#insert(node.child, key, at + common, value) }
    }
    const children: (NodeRef | undefined)[] = Array(16).fill(undefined)
    const rest = path.subarray(common + 1)
    if (node.kind === 'leaf') children[path[common]!] = { kind: 'leaf', path: rest, value: node.value }
    else children[path[common]!] = rest.length === 0 ? node.child : { ...node, path: rest }
    children[key[at + common]!] = { kind: 'leaf', path: key.subarray(at + common + 1), value }
    const branch: BranchNode = { kind: 'branch', children }
    return common === 0 ? branch : { kind: 'extension', path: path.subarray(0, common), child: branch }
  }

  /** The same reference where the key is not there. */
  async #remove(ref: NodeRef | undefined, key: Nibbles, at: number): Promise<NodeRef | undefined> {
    if (ref === undefined) return undefined
    const node = await this.#resolve(ref)
    if (node.kind !== 'branch') {
      if (commonLength(node.path, key, at) < node.path.length) return ref
      if (node.kind === 'leaf') return undefined
      const child = await this.#remove(node.child, key, at + node.path.length)
      return child === node.child ? ref : this.#lengthen(node.path, child!)
    }
    const branch = key[at]!
    const child = await this.#remove(node.children[branch], key, at + 1)
    if (child === node.children[branch]) return ref
    const changed = withChild(node, branch, child)
    const left = changed.children.flatMap((other, i) => (other === undefined ? [] : [i]))
    if (left.length > 1) return changed
    return this.#lengthen(Uint8Array.of(left[0]!), changed.children[left[0]!]!)
  }

  /** A node that is reached by `path` alone: no two short nodes follow one another. */
  async #lengthen(path: Nibbles, ref: NodeRef): Promise<TrieNode> {
    const node = await this.#resolve(ref)
    if (node.kind === 'branch') return { kind: 'extension', path, child: ref }
    const longer = new Uint8Array(path.length + node.path.length)
    longer.set(path)
    longer.set(node.path, path.length)
    return { ...node, path: longer }
  }

  #encode(node: TrieNode, sink: NodeSink): Uint8Array {
    return encodeNode(node, (child) => {
      if (child instanceof Uint8Array) return hashItem(child)
      const bytes = this.#encode(child, sink)
      if (bytes.length < HASH_FROM_BYTES) return bytes
      const hash = this.#source.hash(bytes)
      sink(hash, bytes)
      return hashItem(hash)
    })
  }
}

/** RLP of 32 bytes. */
function hashItem(hash: Hash): Uint8Array {
  const item = new Uint8Array(1 + hash.length)
  item[0] = 0x80 + hash.length
  item.set(hash, 1)
  return item
}

function withChild({ children }: BranchNode, at: number, child: NodeRef | undefined): BranchNode {
  const changed = children.slice()
  changed[at] = child
  return { kind: 'branch', children: changed }
}

/** How many half bytes of `path` the key has from `at` on. */
function commonLength(path: Nibbles, key: Nibbles, at: number): number {
  let i = 0
  while (i < path.length && path[i] === key[at + i]) i++
  return i
}

// What an account has, proven against the state root of a block (EIP-1186): nobody is believed who tells it.
import { decodeRlp, equalBytes, expectBigUint, expectList, hexToBytes, keccak256, type RlpItem } from '@ethspan/core'

/** Nodes on the way from the root to an account: one for each nibble of its key at most, and the leaf. */
const MAX_PROOF_NODES = 65
/** Bytes of a node: 16 hashes and what is around them are 532, a leaf is less. */
const MAX_NODE_BYTES = 1_024

export interface ProvenAccount {
  readonly nonce: bigint
  /** Wei. */
  readonly balance: bigint
}

const NOBODY: ProvenAccount = { nonce: 0n, balance: 0n }

/**
 * The account that a proof leads to; one with nothing where it proves that there is none.
 * @param proof as `accountProof` of `eth_getProof` has it
 * @throws {Error} for what is no proof of this address below this root
 */
export function proveAccount(stateRoot: Uint8Array, address: Uint8Array, proof: readonly string[]): ProvenAccount {
  if (proof.length > MAX_PROOF_NODES) throw new Error('the proof is too long')
  const leaf = valueAt(stateRoot, keccak256(address), proof.map(nodeBytes))
  if (leaf === undefined) return NOBODY
  const [nonce, balance] = expectList(decodeRlp(leaf), 'account', { min: 4, max: 4 })
  return { nonce: expectBigUint(nonce, 'nonce', 8), balance: expectBigUint(balance, 'balance') }
}

function nodeBytes(hex: string): Uint8Array {
  const isRight = /^0x([0-9a-f]{2})+$/.test(hex) && hex.length <= 2 + 2 * MAX_NODE_BYTES
  if (!isRight) throw new Error('a node of the proof can not be read')
  return hexToBytes(hex.slice(2))
}

/** Follows the path of `key` through the nodes (yellow paper, appendix D). Undefined: the path ends where nothing is. */
function valueAt(root: Uint8Array, key: Uint8Array, nodes: readonly Uint8Array[]): Uint8Array | undefined {
  const path = nibbles(key)
  let at = 0
  let next = 0
  // A reference: 32 bytes of a hash, or a node that stands in its parent.
  let reference: RlpItem = root
  for (;;) {
    let node: RlpItem = reference
    if (node instanceof Uint8Array) {
      if (node.length === 0) return undefined
      const bytes = nodes[next++]
      if (bytes === undefined) throw new Error('the proof ends too early')
      if (!equalBytes(keccak256(bytes), node)) throw new Error('the proof does not belong to this block')
      node = decodeRlp(bytes)
    }
    if (!Array.isArray(node)) throw new Error('a node of the proof is none')
    if (node.length === 17) {
      reference = node[path[at++] ?? 16] as RlpItem
      continue
    }
    const [encoded, value]: readonly RlpItem[] = node
    if (node.length !== 2 || !(encoded instanceof Uint8Array) || value === undefined) {
      throw new Error('a node of the proof is none')
    }
    const { own, isLeaf } = decodePath(encoded)
    const fits = own.every((nibble, i) => path[at + i] === nibble)
    at += own.length
    if (!fits || (isLeaf && at !== path.length)) return undefined
    if (isLeaf) {
      if (!(value instanceof Uint8Array)) throw new Error('a leaf of the proof holds no value')
      return value
    }
    reference = value
  }
}

const nibbles = (bytes: Uint8Array): number[] => [...bytes].flatMap((byte) => [byte >> 4, byte & 15])

/** Yellow paper, appendix C. */
function decodePath(encoded: Uint8Array): { own: number[]; isLeaf: boolean } {
  const [flag = 0] = encoded
  const all = nibbles(encoded)
  return { own: all.slice((flag & 0x10) === 0 ? 2 : 1), isLeaf: (flag & 0x20) !== 0 }
}

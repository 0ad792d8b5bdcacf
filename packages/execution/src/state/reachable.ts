import { EMPTY_ROOT, type Hash } from '@ethspan/chain'
import { equalBytes } from '@ethspan/core'
import { decodeAccount, EMPTY_CODE_HASH } from './account.js'
import type { StatePart } from './state-store.js'
import { decodeNode, type NodeRef, type TrieNode } from './trie-node.js'

/** All that a state is made of, each once for every place in which it stands: nodes of the tries, codes by their hash. */
export async function* reachable(
  root: Hash,
  source: { load(hash: Hash): Promise<Uint8Array> },
): AsyncGenerator<StatePart> {
  const waiting: { readonly ref: NodeRef; readonly holds: 'accounts' | 'slots' }[] = []
  if (!equalBytes(root, EMPTY_ROOT)) waiting.push({ ref: root, holds: 'accounts' })
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { ref, holds } = next
    let node: TrieNode
    if (ref instanceof Uint8Array) {
      yield { kind: 'node', hash: ref }
      node = decodeNode(await source.load(ref))
    } else {
      node = ref
    }
    if (node.kind !== 'leaf') {
      const children = node.kind === 'branch' ? node.children : [node.child]
      for (const child of children) if (child !== undefined) waiting.push({ ref: child, holds })
    } else if (holds === 'accounts') {
      const { storageRoot, codeHash } = decodeAccount(node.value)
      if (!equalBytes(codeHash, EMPTY_CODE_HASH)) yield { kind: 'code', hash: codeHash }
      if (!equalBytes(storageRoot, EMPTY_ROOT)) waiting.push({ ref: storageRoot, holds: 'slots' })
    }
  }
}

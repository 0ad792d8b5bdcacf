import { type AccountProof, EMPTY_ROOT, type Hash } from '@ethspan/chain'
import { decodeRlp, equalBytes, expectBytes } from '@ethspan/core'
import { decodeAccount } from '../state/account.js'
import { type NodeSource, Trie } from '../state/trie.js'

/** Proves an account and slots of its storage, or that they are not there (EIP-1186). As geth does, not at all for no storage. */
export async function proveAccount(
  source: NodeSource,
  root: Hash,
  address: Uint8Array,
  slots: readonly Hash[],
): Promise<AccountProof> {
  const accounts = new Trie(source, root)
  const key = source.hash(address)
  const raw = await accounts.get(key)
  const account = raw === undefined ? undefined : decodeAccount(raw)
  const storageRoot = account?.storageRoot ?? EMPTY_ROOT
  const storage = new Trie(source, storageRoot)
  const proven = slots.map(async (slot) => ({
    key: slot,
    value: await wordAt(storage, source.hash(slot)),
    proof: equalBytes(storageRoot, EMPTY_ROOT) ? [] : await storage.prove(source.hash(slot)),
  }))
  return { account, accountProof: await accounts.prove(key), storageProof: await Promise.all(proven) }
}

/** 32 bytes. */
async function wordAt(storage: Trie, key: Hash): Promise<Uint8Array> {
  const raw = await storage.get(key)
  const word = new Uint8Array(32)
  if (raw === undefined) return word
  const value = expectBytes(decodeRlp(raw), 'storage value')
  word.set(value, 32 - value.length)
  return word
}

// The accounts of one state, as the EVM reads and changes them. Nothing that happens here is seen by anyone else: changes are
// kept beside the tries until `takeChanges` gives the new nodes to whoever stores them.
import type { AccountFields, StateManagerInterface } from '@ethereumjs/common'
import { type Address, Account as EvmAccount } from '@ethereumjs/util'
import { type Account, EMPTY_ROOT, type Hash } from '@ethspan/chain'
import { bytesToHex, decodeRlp, encodeRlp, equalBytes, expectBytes } from '@ethspan/core'
import { decodeAccount, EMPTY_ACCOUNT, EMPTY_CODE_HASH, encodeAccount } from './account.js'
import { type NodeSource, Trie } from './trie.js'

/** What states are read from. */
export interface StateSource extends NodeSource {
  /** A contract's code by its hash. Fails where it is not there. */
  loadCode(hash: Hash): Uint8Array | Promise<Uint8Array>
}

/** What a new state is made of and the one before it was not, each by its hash as hex. */
export interface StateChanges {
  readonly root: Hash
  readonly nodes: ReadonlyMap<string, Uint8Array>
  readonly codes: ReadonlyMap<string, Uint8Array>
}

/** An account's storage. Values have no leading zeros; an empty one is a slot that is not set. */
interface Storage {
  readonly trie: Trie
  /** By slot, as hex: what was read and what was written. */
  readonly values: Map<string, { readonly slot: Hash; readonly value: Uint8Array }>
  /** Slots that the trie does not know the value of. */
  readonly dirty: Set<string>
}

const NOTHING = new Uint8Array(0)

export class WorldState implements StateManagerInterface {
  readonly #source: StateSource
  #trie: Trie
  /** Nodes that are not stored yet. */
  #nodes = new Map<string, Uint8Array>()
  /** By address, as hex: what was read and what was written; undefined is an account that is not there. */
  readonly #accounts = new Map<string, { readonly address: Uint8Array; readonly account: Account | undefined }>()
  /** Accounts that the trie does not know as they are. */
  readonly #dirty = new Set<string>()
  readonly #storages = new Map<string, Storage>()
  /** Set here, by hash as hex; more of them than stay, where something is taken back. */
  readonly #codes = new Map<string, Uint8Array>()
  #newCodes = new Map<string, Uint8Array>()
  /** How to take back what was done, the last one last. */
  readonly #undo: (() => void)[] = []
  /** Length of `#undo` at each checkpoint. */
  readonly #checkpoints: number[] = []
  /** Slots as they were before the transaction (EIP-2200), by address and slot as hex. */
  readonly #originals = new Map<string, Uint8Array>()

  constructor(source: StateSource, root: Hash) {
    this.#source = {
      hash: source.hash,
      loadCode: (hash) => source.loadCode(hash),
      load: (hash) => (this.#nodes.size > 0 && this.#nodes.get(bytesToHex(hash))) || source.load(hash),
    }
    this.#trie = new Trie(this.#source, root)
  }

  async account(address: Uint8Array): Promise<Account | undefined> {
    const key = bytesToHex(address)
    const known = this.#accounts.get(key)
    if (known !== undefined) return known.account
    const raw = await this.#trie.get(this.#source.hash(address))
    const account = raw === undefined ? undefined : decodeAccount(raw)
    this.#accounts.set(key, { address, account })
    return account
  }

  /** Without leading zeros, empty where the slot is not set. */
  async storage(address: Uint8Array, slot: Hash): Promise<Uint8Array> {
    const storage = await this.#storageOf(address)
    const key = bytesToHex(slot)
    const known = storage.values.get(key)
    if (known !== undefined) return known.value
    const raw = await storage.trie.get(this.#source.hash(slot))
    const value = raw === undefined ? NOTHING : expectBytes(decodeRlp(raw), 'storage value')
    storage.values.set(key, { slot, value })
    return value
  }

  async code({ codeHash }: Account): Promise<Uint8Array> {
    if (equalBytes(codeHash, EMPTY_CODE_HASH)) return NOTHING
    return this.#codes.get(bytesToHex(codeHash)) ?? this.#source.loadCode(codeHash)
  }

  /** Brings the changes into the tries and gives the new root. */
  async getStateRoot(): Promise<Hash> {
    for (const key of this.#dirty) {
      const { address, account } = this.#accounts.get(key)!
      const hashed = this.#source.hash(address)
      if (account === undefined) {
        await this.#trie.delete(hashed)
        continue
      }
      const changed = { ...account, storageRoot: await this.#commitStorage(key, account) }
      this.#keepCode(account)
      this.#accounts.set(key, { address, account: changed })
      await this.#trie.put(hashed, encodeAccount(changed))
    }
    this.#dirty.clear()
    return this.#trie.commit(this.#collect)
  }

  /** What is to be stored before another state can stand on this one. Gives it once: this state goes on from there. */
  async takeChanges(): Promise<StateChanges> {
    const root = await this.getStateRoot()
    const changes = { root, nodes: this.#nodes, codes: this.#newCodes }
    this.#nodes = new Map()
    this.#newCodes = new Map()
    this.#codes.clear()
    return changes
  }

  #keepCode({ codeHash }: Account): void {
    if (this.#codes.size === 0) return
    const key = bytesToHex(codeHash)
    const code = this.#codes.get(key)
    if (code !== undefined) this.#newCodes.set(key, code)
  }

  readonly #collect = (hash: Hash, bytes: Uint8Array): void => {
    this.#nodes.set(bytesToHex(hash), bytes)
  }

  async #commitStorage(key: string, account: Account): Promise<Hash> {
    const storage = this.#storages.get(key)
    if (storage === undefined) return account.storageRoot
    for (const slotKey of storage.dirty) {
      const written = storage.values.get(slotKey)
      // What was written without having been read, and taken back.
      if (written === undefined) continue
      const hashed = this.#source.hash(written.slot)
      if (written.value.length === 0) await storage.trie.delete(hashed)
      else await storage.trie.put(hashed, encodeRlp(written.value))
    }
    storage.dirty.clear()
    return storage.trie.commit(this.#collect)
  }

  // ---- StateManagerInterface, which the EVM calls ----

  readonly originalStorageCache = {
    get: async ({ bytes }: Address, slot: Uint8Array): Promise<Uint8Array> => {
      const key = bytesToHex(bytes) + bytesToHex(slot)
      const known = this.#originals.get(key)
      if (known !== undefined) return known
      // It asks before it writes.
      const value = await this.storage(bytes, slot)
      this.#originals.set(key, value)
      return value
    },
    clear: (): void => this.#originals.clear(),
  }

  async getAccount({ bytes }: Address): Promise<EvmAccount | undefined> {
    const account = await this.account(bytes)
    // A new one each time: it changes what it gets.
    return account && new EvmAccount(account.nonce, account.balance, account.storageRoot, account.codeHash)
  }

  async putAccount({ bytes }: Address, account?: EvmAccount): Promise<void> {
    if (account === undefined) return this.#delete(bytes)
    const { nonce, balance, storageRoot, codeHash } = account
    await this.#change(bytes, { nonce, balance, storageRoot, codeHash })
  }

  async deleteAccount({ bytes }: Address): Promise<void> {
    await this.#delete(bytes)
  }

  async modifyAccountFields({ bytes }: Address, fields: AccountFields): Promise<void> {
    const { nonce, balance, storageRoot, codeHash } = { ...((await this.account(bytes)) ?? EMPTY_ACCOUNT), ...fields }
    await this.#change(bytes, { nonce, balance, storageRoot, codeHash })
  }

  async putCode({ bytes }: Address, code: Uint8Array): Promise<void> {
    const codeHash = this.#source.hash(code)
    // A copy: the EVM gives a view into a contract's memory.
    if (code.length > 0) this.#codes.set(bytesToHex(codeHash), code.slice())
    await this.#change(bytes, { ...((await this.account(bytes)) ?? EMPTY_ACCOUNT), codeHash })
  }

  async getCode({ bytes }: Address): Promise<Uint8Array> {
    const account = await this.account(bytes)
    return account === undefined ? NOTHING : this.code(account)
  }

  async getCodeSize(address: Address): Promise<number> {
    return (await this.getCode(address)).length
  }

  getStorage({ bytes }: Address, slot: Uint8Array): Promise<Uint8Array> {
    return this.storage(bytes, slot)
  }

  async putStorage({ bytes }: Address, slot: Uint8Array, value: Uint8Array): Promise<void> {
    const storage = await this.#storageOf(bytes)
    const key = bytesToHex(slot)
    const before = storage.values.get(key)
    this.#record(() => {
      if (before === undefined) storage.values.delete(key)
      else storage.values.set(key, before)
    })
    storage.values.set(key, { slot, value: withoutLeadingZeros(value) })
    storage.dirty.add(key)
    // Its storage root is to change.
    this.#dirty.add(bytesToHex(bytes))
  }

  async clearStorage({ bytes }: Address): Promise<void> {
    this.#clearStorage(bytes)
    const account = await this.account(bytes)
    if (account !== undefined) await this.#change(bytes, { ...account, storageRoot: EMPTY_ROOT })
  }

  async checkpoint(): Promise<void> {
    this.#checkpoints.push(this.#undo.length)
  }

  async commit(): Promise<void> {
    this.#checkpoints.pop()
    if (this.#checkpoints.length === 0) this.#undo.length = 0
  }

  async revert(): Promise<void> {
    const length = this.#checkpoints.pop() ?? 0
    while (this.#undo.length > length) this.#undo.pop()!()
  }

  /** Forgets all and becomes another state: an EVM is made for one object, and is dear to make. */
  async setStateRoot(root: Hash): Promise<void> {
    this.#trie = new Trie(this.#source, root)
    this.#nodes = new Map()
    this.#newCodes = new Map()
    this.#codes.clear()
    this.#accounts.clear()
    this.#dirty.clear()
    this.#storages.clear()
    this.#originals.clear()
    this.#undo.length = 0
    this.#checkpoints.length = 0
  }

  async hasStateRoot(): Promise<boolean> {
    throw new TypeError('whoever keeps states knows which are there')
  }

  clearCaches(): void {}

  shallowCopy(): StateManagerInterface {
    throw new TypeError('a state is not copied: make another of its root')
  }

  // ---- changes ----

  async #delete(address: Uint8Array): Promise<void> {
    this.#clearStorage(address)
    await this.#change(address, undefined)
  }

  async #change(address: Uint8Array, account: Account | undefined): Promise<void> {
    const key = bytesToHex(address)
    const before = await this.account(address)
    this.#record(() => {
      this.#accounts.set(key, { address, account: before })
      this.#dirty.add(key)
    })
    this.#accounts.set(key, { address, account })
    this.#dirty.add(key)
  }

  #clearStorage(address: Uint8Array): void {
    const key = bytesToHex(address)
    const before = this.#storages.get(key)
    this.#record(() => {
      if (before === undefined) this.#storages.delete(key)
      else this.#storages.set(key, before)
    })
    this.#storages.set(key, { trie: new Trie(this.#source, EMPTY_ROOT), values: new Map(), dirty: new Set() })
  }

  async #storageOf(address: Uint8Array): Promise<Storage> {
    const key = bytesToHex(address)
    const known = this.#storages.get(key)
    if (known !== undefined) return known
    const account = await this.account(address)
    const trie = new Trie(this.#source, account?.storageRoot ?? EMPTY_ROOT)
    const storage: Storage = { trie, values: new Map(), dirty: new Set() }
    this.#storages.set(key, storage)
    return storage
  }

  #record(undo: () => void): void {
    if (this.#checkpoints.length > 0) this.#undo.push(undo)
  }
}

const withoutLeadingZeros = (value: Uint8Array): Uint8Array => {
  const start = value.findIndex((byte) => byte !== 0)
  return start === -1 ? NOTHING : value.subarray(start)
}

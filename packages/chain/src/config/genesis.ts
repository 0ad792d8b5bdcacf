// geth's genesis.json, read whole.
import type { Hash } from '../block/fields.js'
import {
  BLOB_FORKS,
  BLOCK_FORKS,
  type BlobConfig,
  type BlobFork,
  type ChainConfig,
  checkForkOrder,
  type Genesis,
  TIME_FORKS,
} from './chain-config.js'
import {
  fieldOf,
  invalidGenesis,
  type JsonObject,
  readAddressKey,
  readBytes,
  readFields,
  readObject,
  readQuantity,
  readSafeInteger,
  readWord,
} from './read-json.js'
import { isPostMerge } from './rules.js'

/** An account that is there before the first block. */
export interface GenesisAccount {
  /** 20 bytes. */
  readonly address: Uint8Array
  /** Wei. */
  readonly balance: bigint
  readonly nonce: bigint
  /** Empty where the account is no contract. */
  readonly code: Uint8Array
  /** Slot and value, 32 bytes each, no value zero. */
  readonly storage: readonly (readonly [slot: Hash, value: Hash])[]
}

/** Each address once. */
export type GenesisAlloc = readonly GenesisAccount[]

/** geth's `core.Genesis`. */
export interface GenesisSpec extends Genesis {
  readonly nonce: bigint
  readonly extraData: Uint8Array
  readonly gasLimit: bigint
  readonly difficulty: bigint
  readonly mixHash: Hash
  /** 20 bytes. */
  readonly coinbase: Uint8Array
  readonly alloc: GenesisAlloc
  readonly gasUsed: bigint
  readonly parentHash: Hash
  /** Wei. */
  readonly baseFeePerGas?: bigint
  readonly excessBlobGas?: bigint
  readonly blobGasUsed?: bigint
  readonly slotNumber?: bigint
}

/**
 * Reads a parsed genesis.json of geth's. Fields that geth does not know are passed over, as it does. A terminal total
 * difficulty beyond 2^53 is what JSON.parse made of it; all that depends on it is whether it is 0.
 * @throws {EthspanError} ERR_INVALID_OPTION for what is no genesis.json, for forks out of their order, and for what geth
 * refuses or is not supported: a genesis block with another number than 0, Clique before the merge, binary tries.
 */
export function parseGenesis(json: unknown): GenesisSpec {
  const told = readFields(json, 'it')
  const timestamp = optional(told, 'timestamp', readQuantity) ?? 0n
  const rules = readFields(fieldOf(told, 'config'), 'its "config"')
  const config = readConfig(rules)
  if (optional(told, 'number', readQuantity)) throw invalidGenesis('"number" of a genesis block is 0')
  if (fieldOf(rules, 'clique') && !isPostMerge(config, { number: 0n, time: timestamp })) {
    throw invalidGenesis('Clique (proof of authority) is not supported')
  }
  return {
    config,
    timestamp,
    nonce: optional(told, 'nonce', readQuantity) ?? 0n,
    extraData: optional(told, 'extraData', readBytes) ?? new Uint8Array(0),
    gasLimit: readQuantity(fieldOf(told, 'gasLimit'), '"gasLimit"'),
    difficulty: readBig(fieldOf(told, 'difficulty'), '"difficulty"'),
    mixHash: optional(told, 'mixHash', hash) ?? new Uint8Array(32),
    coinbase: optional(told, 'coinbase', address) ?? new Uint8Array(20),
    alloc: readAlloc(readObject(fieldOf(told, 'alloc'), '"alloc"')),
    gasUsed: optional(told, 'gasUsed', readQuantity) ?? 0n,
    parentHash: optional(told, 'parentHash', hash) ?? new Uint8Array(32),
    baseFeePerGas: optional(told, 'baseFeePerGas', readBig),
    excessBlobGas: optional(told, 'excessBlobGas', readQuantity),
    blobGasUsed: optional(told, 'blobGasUsed', readQuantity),
    slotNumber: optional(told, 'slotNumber', readQuantity),
  }
}

function readConfig(told: JsonObject): ChainConfig {
  const numbers: Record<string, number> = {}
  for (const name of ['chainId', ...BLOCK_FORKS, ...TIME_FORKS]) {
    const value = optional(told, name, readSafeInteger)
    if (value !== undefined) numbers[name] = value
  }
  if (fieldOf(told, 'enableUBTAtGenesis')) throw invalidGenesis('binary tries ("enableUBTAtGenesis") are not supported')
  const config: ChainConfig = {
    ...numbers,
    daoForkSupport: fieldOf(told, 'daoForkSupport') === true,
    terminalTotalDifficulty: optional(told, 'terminalTotalDifficulty', readBig),
    depositContractAddress: optional(told, 'depositContractAddress', address),
    blobSchedule: optional(told, 'blobSchedule', readBlobSchedule),
  }
  checkForkOrder(config)
  return config
}

function readBlobSchedule(value: unknown, what: string): { readonly [fork in BlobFork]?: BlobConfig } {
  const told = readFields(value, what)
  const schedule: { [fork in BlobFork]?: BlobConfig } = {}
  for (const fork of BLOB_FORKS) {
    const entry = optional(told, fork, readFields)
    if (entry === undefined) continue
    const number = (name: string) => readSafeInteger(fieldOf(entry, name) ?? 0, `"${name}" of ${what}, "${fork}",`)
    const read = {
      target: number('target'),
      max: number('max'),
      baseFeeUpdateFraction: number('baseFeeUpdateFraction'),
    }
    if (read.baseFeeUpdateFraction === 0) {
      throw invalidGenesis(`"baseFeeUpdateFraction" of ${what}, "${fork}", must not be 0`)
    }
    schedule[fork] = read
  }
  return schedule
}

function readAlloc(told: JsonObject): GenesisAlloc {
  const accounts = new Map<string, GenesisAccount>()
  for (const [key, value] of Object.entries(told)) {
    const name = key.replace(/^0x/i, '').toLowerCase()
    if (accounts.has(name)) throw invalidGenesis(`"alloc" has ${key} twice`)
    accounts.set(name, readAccount(key, readFields(value, `${key} in "alloc"`)))
  }
  return [...accounts.values()]
}

function readAccount(key: string, told: JsonObject): GenesisAccount {
  const of = ` of ${key} in "alloc"`
  const storage = Object.entries(optional(told, 'storage', readObject, of) ?? {}).map(
    ([slot, value]) => [readWord(slot, `a slot${of}`), readWord(value, `the value of a slot${of}`)] as const,
  )
  return {
    address: readAddressKey(key),
    balance: readBig(fieldOf(told, 'balance'), `"balance"${of}`),
    nonce: optional(told, 'nonce', readQuantity, of) ?? 0n,
    code: optional(told, 'code', readBytes, of) ?? new Uint8Array(0),
    // A slot that is set to zero is not there.
    storage: storage.filter(([, value]) => value.some((byte) => byte !== 0)),
  }
}

const readBig = (value: unknown, what: string): bigint => readQuantity(value, what, 256)
const hash = (value: unknown, what: string): Hash => readBytes(value, what, 32)
const address = (value: unknown, what: string): Uint8Array => readBytes(value, what, 20)

/** A field that may be left out, or be null. @param of what it is one of, for the error. */
function optional<T>(
  told: JsonObject,
  name: string,
  read: (value: unknown, what: string) => T,
  of = '',
): T | undefined {
  const value = fieldOf(told, name)
  return value === undefined || value === null ? undefined : read(value, `"${name}"${of}`)
}

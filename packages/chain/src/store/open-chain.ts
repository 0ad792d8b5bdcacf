import { asError, bytesToHex, EthspanError, equalBytes, type Logger, loadCurve, silentLogger } from '@ethspan/core'
import type { Store } from '@ethspan/node'
import type { Hash } from '../block/fields.js'
import { decodeHeader } from '../block/header.js'
import type { ChainSpec } from '../config/chain-spec.js'
import type { BlockId, Chain, ChainHead } from '../contract/chain.js'
import { ChainDb } from './chain-db.js'
import { chainHead, damaged, joinChain, missing } from './head-steps.js'
import {
  blockKey,
  CHAIN_SCHEMA_VERSION,
  type ChainState,
  canonicalKey,
  decodeNumber,
  decodeState,
  encodeState,
  GENESIS_KEY,
  keepBlock,
  numberKey,
  SCHEMA_KEY,
  STATE_KEY,
} from './layout.js'
import { type Heads, StoredChain } from './stored-chain.js'

export interface OpenChainOptions {
  /** The chain's own: nothing else is in it. `close` closes it. */
  readonly store: Store
  readonly spec: ChainSpec
  /** Newest blocks to keep, from 1; older ones are removed but for the genesis block. Default: all. A tab's is `TAB_BLOCKS`. */
  readonly keep?: number
  /** Default: says nothing. */
  readonly log?: Logger
}

/**
 * Opens the chain in a store; in an empty one it makes it, with its genesis block.
 * @throws {EthspanError} ERR_DATA_DIR, one line with a hint, for a store that can't be opened or is damaged, holds the chain of
 * another genesis block, or was written by a newer version; ERR_INVALID_OPTION
 */
export async function openChain({ store, spec, keep, log = silentLogger }: OpenChainOptions): Promise<Chain> {
  if (keep !== undefined && !(Number.isSafeInteger(keep) && keep >= 1)) {
    throw new EthspanError('ERR_INVALID_OPTION', `keep must be a whole number of blocks from 1, not ${keep}`)
  }
  // Whoever has a chain has signatures to check.
  await loadCurve()
  const db = new ChainDb(store)
  await db.open()
  try {
    const [schema, genesis, bytes] = await db.getMany([SCHEMA_KEY, GENESIS_KEY, STATE_KEY])
    if (schema === undefined) await createChain(db, spec)
    else checkOrigin(schema, genesis, spec.genesis.hash)
    const state = schema === undefined ? newState(spec) : readState(bytes)
    return new StoredChain({ db, spec, state, heads: await readHeads(db, state), keep, log })
  } catch (error) {
    await db.close()
    throw error
  }
}

const newState = ({ genesis: { hash } }: ChainSpec): ChainState => ({
  head: { number: 0n, hash },
  earliest: 0n,
  tail: 1n,
  sides: 1n,
  stale: 0n,
})

async function createChain(db: ChainDb, spec: ChainSpec): Promise<void> {
  const { genesis } = spec
  await db.write([
    { key: SCHEMA_KEY, value: new TextEncoder().encode(`${CHAIN_SCHEMA_VERSION}`) },
    { key: GENESIS_KEY, value: genesis.hash },
    { key: STATE_KEY, value: encodeState(newState(spec)) },
    // No transactions, so no receipts.
    ...keepBlock({ ...genesis, receipts: [] }),
    ...joinChain({ number: 0n, hash: genesis.hash }, genesis.body),
  ])
}

function checkOrigin(schemaBytes: Uint8Array, genesis: Uint8Array | undefined, expected: Hash): void {
  const schema = Number(new TextDecoder().decode(schemaBytes))
  if (!(schema >= 1 && schema <= CHAIN_SCHEMA_VERSION)) {
    const message = `the chain's store has layout ${schema}, and this version of the program knows none above ${CHAIN_SCHEMA_VERSION}`
    throw new EthspanError('ERR_DATA_DIR', message, {
      fields: { schema },
      hint: 'Use the version that wrote it, or another data directory.',
    })
  }
  if (genesis === undefined) throw missing('its genesis hash')
  if (equalBytes(genesis, expected)) return
  const [found, wanted] = [bytesToHex(genesis), bytesToHex(expected)]
  throw new EthspanError('ERR_DATA_DIR', `the store holds a chain with genesis 0x${found}, not 0x${wanted}`, {
    fields: { found, expected: wanted },
    hint: 'Remove that chain (`ethspan removedb`), or name another data directory (`--datadir`).',
  })
}

function readState(bytes: Uint8Array | undefined): ChainState {
  if (bytes === undefined) throw missing('its state')
  try {
    return decodeState(bytes)
  } catch (error) {
    throw damaged(`its state can't be read: ${asError(error).message}`, error)
  }
}

/** The blocks that the state names; also looks whether the two ends of the chain are there. */
async function readHeads(db: ChainDb, state: ChainState): Promise<Heads> {
  const head = await readHead(db, state.head)
  if (head === undefined) throw missing(`its head, block ${state.head.number},`)
  const first = await db.get(canonicalKey(state.earliest))
  if (first === undefined || !(await readHead(db, { number: state.earliest, hash: first }))) {
    throw missing(`its first block, ${state.earliest},`)
  }
  // Of a chain that keeps few blocks they may be gone.
  const marked = async (hash: Hash | undefined) => {
    const number = hash && (await db.get(numberKey(hash)))
    return number && readHead(db, { number: decodeNumber(number), hash })
  }
  return { head, safe: await marked(state.safe), finalized: await marked(state.finalized) }
}

/** A canonical block that is complete. */
async function readHead(db: ChainDb, id: BlockId): Promise<ChainHead | undefined> {
  const keys = [canonicalKey(id.number), blockKey('header', id), blockKey('body', id)]
  const [canonical, header, body] = await db.getMany(keys)
  if (canonical === undefined || header === undefined || body === undefined) return undefined
  return equalBytes(canonical, id.hash) ? chainHead(id.hash, decodeHeader(header)) : undefined
}

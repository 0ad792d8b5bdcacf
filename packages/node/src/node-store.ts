// What a node keeps in its store: the layout's version and its key. Keys of services lie beside it, each in a part of its own.
import { asError, EthspanError, generatePrivateKey } from '@ethspan/core'
import type { Store } from './service.js'

/** Of the layout below. A store with a higher number was written by a version of the program that this one can't follow. */
export const SCHEMA_VERSION = 1

const SCHEMA_KEY = 'schema'
const NODE_KEY = 'nodekey'

const ownPart = (store: Store): Store => store.sublevel<string, Uint8Array>('node', { valueEncoding: 'view' })

/** The part of the store that is a service's own. */
export const servicePart = (store: Store, service: string): Store =>
  store.sublevel<string, Uint8Array>(['service', service], { valueEncoding: 'view' })

/**
 * Opens the store and checks, or at the first time notes, the version of its layout.
 * @throws {EthspanError} ERR_DATA_DIR
 */
export async function openStore(store: Store): Promise<void> {
  try {
    await store.open()
  } catch (cause) {
    throw new EthspanError('ERR_DATA_DIR', `can't open the node's store: ${openErrorText(cause)}`, { cause })
  }
  const own = ownPart(store)
  const bytes = await own.get(SCHEMA_KEY)
  if (bytes === undefined) {
    await own.put(SCHEMA_KEY, new TextEncoder().encode(`${SCHEMA_VERSION}`))
    return
  }
  const schema = Number(new TextDecoder().decode(bytes))
  if (Number.isInteger(schema) && schema >= 1 && schema <= SCHEMA_VERSION) return
  const message = `the node's store has layout ${schema}, and this version of the program knows none above ${SCHEMA_VERSION}`
  throw new EthspanError('ERR_DATA_DIR', message, {
    fields: { schema },
    hint: 'Use the version that wrote it, or another data directory.',
  })
}

/** The key kept in the store; made and kept at the first call. 32 bytes. */
export async function storedNodeKey(store: Store): Promise<Uint8Array> {
  const own = ownPart(store)
  const kept = await own.get(NODE_KEY)
  if (kept !== undefined) return new Uint8Array(kept)
  const made = generatePrivateKey()
  await own.put(NODE_KEY, made)
  return made
}

/** `abstract-level` says only that it failed; why is in the cause. */
function openErrorText(error: unknown): string {
  const { cause, message } = asError(error)
  return cause === undefined ? message : asError(cause).message
}

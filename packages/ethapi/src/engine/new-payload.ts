// `engine_newPayload`: takes a block from the consensus client. Geth: `ConsensusAPI.newPayload`.
import { type BlockToKeep, type Header, verifyBody, verifyHeader } from '@ethspan/chain'
import { asError, bytesToHex, EthspanError } from '@ethspan/core'
import type { EngineBackend } from './engine-backend.js'
import { PayloadFault, payloadBlock, type SentPayload } from './payload-block.js'
import { ACCEPTED, invalid, LINKS_TO_INVALID, type PayloadStatus, SYNCING, valid } from './status.js'

/** VALID is said only of blocks that were executed. @throws {EthspanError} ERR_DATA_DIR where the block can't be kept */
export async function newPayload(backend: EngineBackend, sent: SentPayload): Promise<PayloadStatus> {
  const { chain, log, invalidBlocks } = backend
  const block = await payloadBlock(sent, backend.common).catch(asFault)
  if (block instanceof PayloadFault) {
    const { blockNumber, blockHash } = sent.payload
    log.warn('Invalid NewPayload params', { number: blockNumber, hash: bytesToHex(blockHash), error: block })
    return invalid(undefined, block.message)
  }
  const { hash, header } = block
  const known = await chain.block(hash)
  if (known !== undefined && (await backend.isExecuted(known.header))) return valid(hash)
  const bad = invalidBlocks.find(hash)
  if (bad !== undefined) return invalid(await backend.latestValid(bad.parent), LINKS_TO_INVALID)

  const parent = await chain.block(header.parentHash)
  if (parent === undefined || parent.header.number + 1n !== header.number) return delayed(backend, block)
  if (backend.executor === undefined) return verified(backend, block, parent.header)
  if (await backend.executor.hasState(parent.header)) return executed(backend, block)
  log.warn('State not available, ignoring new payload', blockFields(block))
  backend.wait(hash, header)
  return ACCEPTED
}

function asFault(error: unknown): PayloadFault {
  if (error instanceof PayloadFault) return error
  throw error
}

/** Ancestors are missing. They are fetched when a forkchoice asks for this block or one on top of it. */
async function delayed(backend: EngineBackend, block: BlockToKeep): Promise<PayloadStatus> {
  const { hash, header } = block
  const bad = backend.invalidBlocks.inherit(header.parentHash, hash)
  if (bad !== undefined) return invalid(await backend.latestValid(bad.parent), LINKS_TO_INVALID)
  backend.log.debug('payload with missing parent', blockFields(block))
  backend.wait(hash, header)
  return SYNCING
}

/** Nothing is executed here: all else is checked. It is not kept, as its receipts are not there; sync fetches both. */
async function verified(backend: EngineBackend, block: BlockToKeep, parent: Header): Promise<PayloadStatus> {
  const { chain, common } = backend
  const { header, body } = block
  try {
    verifyHeader(header, parent, chain.config)
    await verifyBody(header, body, common)
  } catch (error) {
    return rejected(backend, block, error)
  }
  backend.wait(block.hash, header)
  return ACCEPTED
}

async function executed(backend: EngineBackend, block: BlockToKeep): Promise<PayloadStatus> {
  try {
    await backend.importer.importBlocks([block])
    return valid(block.hash)
  } catch (error) {
    return rejected(backend, block, error)
  }
}

/** @throws what is no fault of the block */
async function rejected(backend: EngineBackend, block: BlockToKeep, error: unknown): Promise<PayloadStatus> {
  if (!(error instanceof EthspanError) || !BLOCK_FAULTS.has(error.code)) throw asError(error)
  backend.log.warn('NewPayload: inserting block failed', { ...blockFields(block), error })
  const { parentHash: parent } = block.header
  backend.invalidBlocks.add({ hash: block.hash, parent })
  return invalid(await backend.latestValid(parent), error.message)
}

const BLOCK_FAULTS: ReadonlySet<string> = new Set(['ERR_INVALID_BLOCK', 'ERR_INVALID_TRANSACTION'])

const blockFields = ({ hash, header }: BlockToKeep) => ({ number: header.number, hash: bytesToHex(hash) })

// `engine_newPayload`: takes a block from the consensus client. Geth: `ConsensusAPI.newPayload`.
import { type BlockToKeep, type Hash, type Header, verifyBody, verifyHeader } from '@ethspan/chain'
import { asError, bytesToHex, EthspanError } from '@ethspan/core'
import type { EngineBackend } from './engine-backend.js'
import { PayloadFault, payloadBlock, type SentPayload } from './payload-block.js'
import { ACCEPTED, invalid, LINKS_TO_INVALID, type PayloadStatus, SYNCING, valid } from './status.js'

/** Said where the last valid block is one of proof of work, which the consensus client can't know. */
const ZERO_HASH: Hash = new Uint8Array(32)

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
  if (bad !== undefined) return invalid(bad.latestValid, LINKS_TO_INVALID)

  const parent = await chain.block(header.parentHash)
  if (parent === undefined || parent.header.number + 1n !== header.number) return delayed(backend, block)
  if (backend.executor === undefined) return verified(backend, block, parent.header)
  if (await backend.executor.hasState(parent.header)) return executed(backend, block, parent.header)
  log.warn('State not available, ignoring new payload', blockFields(block))
  backend.wait(hash, header)
  return ACCEPTED
}

function asFault(error: unknown): PayloadFault {
  if (error instanceof PayloadFault) return error
  throw error
}

/** Ancestors are missing. They are fetched when a forkchoice asks for this block or one on top of it. */
function delayed(backend: EngineBackend, block: BlockToKeep): PayloadStatus {
  const { hash, header } = block
  const bad = backend.invalidBlocks.inherit(header.parentHash, hash)
  if (bad !== undefined) return invalid(bad.latestValid, LINKS_TO_INVALID)
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
    // Whether its parent is valid nobody here can say.
    return rejected(backend, block, { error, latestValid: undefined })
  }
  backend.wait(block.hash, header)
  return ACCEPTED
}

async function executed(backend: EngineBackend, block: BlockToKeep, parent: Header): Promise<PayloadStatus> {
  try {
    await backend.importer.importBlocks([block])
    return valid(block.hash)
  } catch (error) {
    return rejected(backend, block, {
      error,
      latestValid: parent.difficulty === 0n ? block.header.parentHash : ZERO_HASH,
    })
  }
}

/** @throws what is no fault of the block */
function rejected(
  { invalidBlocks, log }: EngineBackend,
  block: BlockToKeep,
  { error, latestValid }: { readonly error: unknown; readonly latestValid: Hash | undefined },
): PayloadStatus {
  if (!(error instanceof EthspanError) || !BLOCK_FAULTS.has(error.code)) throw asError(error)
  log.warn('NewPayload: inserting block failed', { ...blockFields(block), error })
  invalidBlocks.add({ hash: block.hash, latestValid })
  return invalid(latestValid, error.message)
}

const BLOCK_FAULTS: ReadonlySet<string> = new Set(['ERR_INVALID_BLOCK', 'ERR_INVALID_TRANSACTION'])

const blockFields = ({ hash, header }: BlockToKeep) => ({ number: header.number, hash: bytesToHex(hash) })

// `engine_forkchoiceUpdated`: the consensus client says what the head is. Geth: `ConsensusAPI.forkchoiceUpdated`.
import { type Block, decodeHeader, type Hash } from '@ethspan/chain'
import { bytesToHex, equalBytes } from '@ethspan/core'
import { MAX_REORG_DEPTH } from '../limits.js'
import type { EngineBackend } from './engine-backend.js'
import { invalidAttributes, invalidForkchoice, tooDeepReorg } from './errors.js'
import { type ForkchoiceState, isZero, type PayloadAttributes } from './payload-params.js'
import { invalid, LINKS_TO_INVALID, type PayloadStatus, SYNCING, valid } from './status.js'

export interface ForkchoiceResponse {
  readonly payloadStatus: PayloadStatus
  /** Always null: blocks are not built here. */
  readonly payloadId: null
}

/**
 * Makes a block that is here the head; one that is not is fetched.
 * @throws {RpcError} -38002 where safe or finalized are not on the head's chain; -38003; -38006
 */
export async function forkchoiceUpdated(
  backend: EngineBackend,
  state: ForkchoiceState,
  attributes: PayloadAttributes | undefined,
): Promise<ForkchoiceResponse> {
  const { headBlockHash } = state
  if (isZero(headBlockHash)) {
    backend.log.warn('Forkchoice requested update to zero hash')
    return answer(invalid())
  }
  const block = await backend.chain.block(headBlockHash)
  const isExecuted = block !== undefined && (await backend.isExecuted(block.header))
  // Where blocks are executed, one that was not is as good as missing.
  if (block === undefined || (backend.executor !== undefined && !isExecuted)) {
    return answer(await startSync(backend, headBlockHash))
  }
  const place = await placeOf(backend, block)
  if (place === 'finalized') {
    backend.log.info('Skipping beacon update to finalized ancestor', fieldsOf(block))
    return answer(isExecuted ? valid(headBlockHash) : SYNCING)
  }
  if (place !== 'head') await backend.chain.setHead(headBlockHash)
  // So that it does not go on to where it was sent before.
  backend.sync?.setTarget({ hash: headBlockHash, header: block.header, source: 'engine' })
  await setFinality(backend, state)
  if (!isExecuted) return answer(SYNCING)
  if (attributes !== undefined) refuseToBuild(backend, block, attributes)
  return answer(valid(headBlockHash))
}

const answer = (payloadStatus: PayloadStatus): ForkchoiceResponse => ({ payloadStatus, payloadId: null })

const fieldsOf = ({ hash, header }: Block) => ({ number: header.number, hash: bytesToHex(hash) })

/** The head is not here, so sync is told to go there. */
async function startSync(backend: EngineBackend, hash: Hash): Promise<PayloadStatus> {
  const { invalidBlocks, log, sync } = backend
  const bad = invalidBlocks.find(hash)
  if (bad !== undefined) return invalid(await backend.latestValid(bad.parent), LINKS_TO_INVALID)
  const header = backend.waiting(hash)
  const fields = { hash: bytesToHex(hash), number: header?.number }
  if (sync === undefined) {
    log.warn('Forkchoice requested a head that is not here, and nothing here fetches blocks', fields)
    return SYNCING
  }
  log.info('Forkchoice requested sync to new head', fields)
  sync.setTarget({ hash, header, source: 'engine' })
  return SYNCING
}

/**
 * Where the block stands to the head: it is the head, it lies before what is final, or neither.
 * @throws {RpcError} -38006 for one too far back on the head's own chain
 */
async function placeOf({ chain, log }: EngineBackend, block: Block): Promise<'head' | 'finalized' | 'elsewhere'> {
  const { hash, header } = block
  const head = chain.head()
  if (equalBytes(head.hash, hash)) return 'head'
  const canonical = await chain.canonicalHash(header.number)
  if (canonical === undefined || !equalBytes(canonical, hash)) return 'elsewhere'
  const finalized = chain.finalized()
  if (finalized !== undefined && header.number < finalized.number) return 'finalized'
  const depth = head.number - header.number
  if (depth <= MAX_REORG_DEPTH) return 'elsewhere'
  log.warn('Refusing too deep reorg', { ...fieldsOf(block), depth })
  throw tooDeepReorg(`reorg depth ${depth} exceeds limit ${MAX_REORG_DEPTH}`)
}

/** Zero hashes say nothing. @throws {RpcError} -38002 */
async function setFinality(backend: EngineBackend, state: ForkchoiceState): Promise<void> {
  const { finalizedBlockHash: finalized, safeBlockHash: safe } = state
  if (!isZero(finalized)) await checkCanonical(backend, finalized, 'final')
  if (!isZero(safe)) await checkCanonical(backend, safe, 'safe')
  const told = (hash: Hash) => (isZero(hash) ? undefined : hash)
  await backend.chain.setFinality({ safe: told(safe), finalized: told(finalized) })
}

async function checkCanonical({ chain, log }: EngineBackend, hash: Hash, what: string): Promise<void> {
  const raw = await chain.header(hash)
  const canonical = raw === undefined ? undefined : await chain.canonicalHash(decodeHeader(raw).number)
  if (canonical !== undefined && equalBytes(canonical, hash)) return
  const why = `${what} block not ${raw === undefined ? 'available in database' : 'in canonical chain'}`
  log.warn(`Forkchoice: ${why}`, { hash: bytesToHex(hash) })
  throw invalidForkchoice(why)
}

/** @throws {RpcError} -38003 for attributes that no block on top of this one can have */
function refuseToBuild({ log }: EngineBackend, head: Block, { timestamp }: PayloadAttributes): void {
  const { time } = head.header
  if (timestamp <= time) throw invalidAttributes(`invalid timestamp, parent ${time} given ${timestamp}`)
  log.warn('A block is to be built, which is not offered here: the consensus client has to get it elsewhere', {
    parent: bytesToHex(head.hash),
    timestamp,
  })
}

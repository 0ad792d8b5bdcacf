// The namespace engine, by which a consensus client drives the node. Source: execution-apis, engine; geth: eth/catalyst.
import type { Common } from '@ethereumjs/common'
import { type BlockExecutor, type Chain, chainCommon, type Hash, type Synchroniser } from '@ethspan/chain'
import { equalBytes, type Logger, silentLogger, VERSION } from '@ethspan/core'
import type { Api, ApiMethod } from '@ethspan/node'
import { params } from '@ethspan/rpc'
import { failed } from '../errors.js'
import { hex, quantity } from '../format/hex.js'
import { bytes, hash, payloadId, uint64 } from '../params/hex.js'
import { list, optional, required, text } from '../params/reader.js'
import { EngineBackend, type Importer } from './engine-backend.js'
import { unknownPayload } from './errors.js'
import { forkchoiceUpdated } from './forkchoice.js'
import { newPayload } from './new-payload.js'
import type { SentPayload } from './payload-block.js'
import { type BodyVersion, bodiesByHash, bodiesByRange } from './payload-bodies.js'
import {
  clientVersion,
  type ExecutionPayload,
  executionPayload,
  type ForkchoiceState,
  forkchoiceState,
  isZero,
  type PayloadAttributes,
  payloadAttributes,
  type TransitionConfiguration,
  transitionConfiguration,
} from './payload-params.js'
import { checkAttributes, checkPayload, type ForkchoiceVersion, type PayloadVersion } from './payload-versions.js'

export interface EngineApiOptions {
  readonly chain: Chain
  /** Takes the blocks of payloads: a `BlockImporter` over `chain`, with the same executor. */
  readonly importer: Importer
  /** Without one nothing is ever said to be VALID. */
  readonly executor?: Pick<BlockExecutor, 'hasState'>
  /** Fetches heads that are not here. */
  readonly sync?: Synchroniser
  /** The chain's rules. Default: made of its config. */
  readonly common?: Common
  readonly log?: Logger
}

/** Two letters, as every client has them. Source: execution-apis, engine/identification.md; nobody else has these. */
const CLIENT_CODE = 'ES'
/** Of the commit that was built, which is not known. Geth: the same where it was built without version control. */
const NO_COMMIT = '0x00000000'

/** `engine`, on the authenticated endpoint only. */
export function engineApi(options: EngineApiOptions): Api {
  const { chain, importer, executor, sync, log = silentLogger } = options
  const common = options.common ?? chainCommon(chain.config)
  const backend = new EngineBackend({ chain, common, importer, executor, sync, log })
  const offered: Readonly<Record<string, ApiMethod>> = {
    ...payloadMethods(backend),
    ...forkchoiceMethods(backend),
    ...bodyMethods(chain),
    exchangeTransitionConfigurationV1: (sent) => exchangeTransition(chain, sent),
    getClientVersionV1: (sent) => {
      const [theirs] = params.readParams<[object]>(sent, required(clientVersion))
      log.debug('the consensus client says who it is', { client: theirs })
      return [{ code: CLIENT_CODE, name: 'ethspan', version: `v${VERSION}`, commit: NO_COMMIT }]
    },
  }
  return {
    namespace: 'engine',
    authenticated: true,
    methods: {
      ...offered,
      ...getPayloadMethods(),
      exchangeCapabilities: (sent) => {
        params.readParams<[readonly string[]]>(sent, required(list(text)))
        return Object.keys(offered).map((name) => `engine_${name}`)
      },
    },
  }
}

function payloadMethods(backend: EngineBackend): Record<string, ApiMethod> {
  const method =
    (version: PayloadVersion): ApiMethod =>
    (sent) => {
      const asked = readPayload(version, sent)
      checkPayload(version, asked, backend.chain.config)
      return backend.serial.run(() => newPayload(backend, asked))
    }
  return versions('newPayload', [1, 2, 3, 4, 5], method)
}

const versions = <V extends number>(name: string, all: readonly V[], method: (version: V) => ApiMethod) =>
  Object.fromEntries(all.map((version) => [`${name}V${version}`, method(version)]))

/** The first two versions take the payload alone, later ones what comes beside it. */
function readPayload(version: PayloadVersion, sent: readonly unknown[]): SentPayload {
  const { readParams } = params
  const payloadOnly = required(executionPayload)
  if (version < 3) {
    const [payload] = readParams<[ExecutionPayload]>(sent, payloadOnly)
    return { payload }
  }
  type FromCancun = [ExecutionPayload, readonly Hash[], Hash | undefined]
  const fromCancun = [payloadOnly, required(list(hash)), optional(hash)] as const
  if (version === 3) {
    const [payload, versionedHashes, beaconRoot] = readParams<FromCancun>(sent, ...fromCancun)
    return { payload, versionedHashes, beaconRoot }
  }
  const [payload, versionedHashes, beaconRoot, requests] = readParams<[...FromCancun, readonly Uint8Array[]]>(
    sent,
    ...fromCancun,
    required(list(bytes)),
  )
  return { payload, versionedHashes, beaconRoot, requests }
}

function forkchoiceMethods(backend: EngineBackend): Record<string, ApiMethod> {
  const method =
    (version: ForkchoiceVersion): ApiMethod =>
    (sent) => {
      const [state, attributes] = readForkchoice(version, sent)
      if (attributes !== undefined) checkAttributes(version, attributes, backend.chain.config)
      return backend.serial.run(() => forkchoiceUpdated(backend, state, attributes))
    }
  return versions('forkchoiceUpdated', [1, 2, 3, 4], method)
}

/** The fourth version also says which columns of blobs the consensus client keeps, which only concerns who fetches cells. */
function readForkchoice(version: number, sent: readonly unknown[]) {
  type Sent = [ForkchoiceState, PayloadAttributes | undefined]
  const readers = [required(forkchoiceState), optional(payloadAttributes)] as const
  if (version < 4) return params.readParams<Sent>(sent, ...readers)
  const [state, attributes] = params.readParams<[...Sent, Uint8Array | undefined]>(sent, ...readers, optional(bytes))
  return [state, attributes] as const
}

/** No payload is ever built here, so none is known. They are not among the capabilities. */
function getPayloadMethods(): Record<string, ApiMethod> {
  const method = (): ApiMethod => (sent) => {
    params.readParams<[Uint8Array]>(sent, required(payloadId))
    throw unknownPayload()
  }
  return versions('getPayload', [1, 2, 3, 4, 5, 6], method)
}

function bodyMethods(chain: Chain): Record<string, ApiMethod> {
  const byHash =
    (version: BodyVersion): ApiMethod =>
    (sent) => {
      const [hashes] = params.readParams<[readonly Hash[]]>(sent, required(list(hash)))
      return bodiesByHash(chain, hashes, version)
    }
  const byRange =
    (version: BodyVersion): ApiMethod =>
    (sent) => {
      const [start, count] = params.readParams<[bigint, bigint]>(sent, required(uint64), required(uint64))
      return bodiesByRange(chain, { start, count }, version)
    }
  return {
    ...versions('getPayloadBodiesByHash', [1, 2], byHash),
    ...versions('getPayloadBodiesByRange', [1, 2], byRange),
  }
}

/** Compares the end of proof of work, as clients did around the merge. In geth's words. @throws {RpcError} -32000 */
async function exchangeTransition(chain: Chain, sent: readonly unknown[]) {
  const [theirs] = params.readParams<[TransitionConfiguration]>(sent, required(transitionConfiguration))
  const { terminalTotalDifficulty: told, terminalBlockHash, terminalBlockNumber } = theirs
  const { terminalTotalDifficulty: ours } = chain.config
  if (told === undefined) throw failed('invalid terminal total difficulty')
  if (ours !== told) throw failed(`invalid ttd: execution ${ours ?? '<nil>'} consensus ${quantity(told)}`)
  const isNamed = !isZero(terminalBlockHash)
  if (isNamed) {
    const canonical = await chain.canonicalHash(terminalBlockNumber)
    const isOurs = canonical !== undefined && equalBytes(canonical, terminalBlockHash)
    if (!isOurs) throw failed('invalid terminal block hash')
  }
  return {
    terminalTotalDifficulty: quantity(ours),
    terminalBlockHash: hex(terminalBlockHash),
    terminalBlockNumber: quantity(isNamed ? terminalBlockNumber : 0n),
  }
}

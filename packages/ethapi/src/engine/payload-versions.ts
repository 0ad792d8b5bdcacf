// What each version of newPayload and forkchoiceUpdated wants. The order of the checks and the words are geth's.
import { type ChainConfig, isForked } from '@ethspan/chain'
import { invalidAttributes, invalidParameters, unsupportedFork } from './errors.js'
import { CANCUN, CANCUN_TO_BPO2, FROM_AMSTERDAM, forkAt, type PayloadFork, PRAGUE_TO_BPO2 } from './forks.js'
import type { SentPayload } from './payload-block.js'
import type { PayloadAttributes } from './payload-params.js'

export type PayloadVersion = 1 | 2 | 3 | 4 | 5
export type ForkchoiceVersion = 1 | 2 | 3 | 4

/** @throws {RpcError} -32602; -38005 for a payload of another fork */
export function checkPayload(version: PayloadVersion, sent: SentPayload, config: ChainConfig): void {
  const { payload } = sent
  if (version === 1) refuseIf(payload.withdrawals !== undefined, 'withdrawals not supported in V1')
  else if (version === 2) checkPayloadV2(sent, config)
  else {
    checkFromCancun(version, sent)
    checkFork(payload.timestamp, config, PAYLOAD_FORKS[version])
    checkRequests(sent.requests ?? [])
  }
}

/** Forks, and what is said of another one. */
type Forks = readonly [forks: readonly PayloadFork[], why: string]

const PAYLOAD_FORKS: { readonly [version in 3 | 4 | 5]: Forks } = {
  3: [CANCUN, 'newPayloadV3 must only be called for cancun payloads'],
  4: [PRAGUE_TO_BPO2, 'newPayloadV4 must only be called for prague/osaka payloads'],
  5: [FROM_AMSTERDAM, 'newPayloadV5 must only be called for amsterdam payloads'],
}

function checkPayloadV2({ payload }: SentPayload, config: ChainConfig): void {
  const place = { number: BigInt(config.londonBlock ?? 0), time: payload.timestamp }
  const isShanghai = isForked(config, 'shanghaiTime', place)
  refuseIf(isForked(config, 'cancunTime', place), "can't use newPayloadV2 post-cancun")
  refuseIf(isShanghai && payload.withdrawals === undefined, 'nil withdrawals post-shanghai')
  refuseIf(!isShanghai && payload.withdrawals !== undefined, 'non-nil withdrawals pre-shanghai')
  refuseIf(payload.excessBlobGas !== undefined, 'non-nil excessBlobGas pre-cancun')
  refuseIf(payload.blobGasUsed !== undefined, 'non-nil blobGasUsed pre-cancun')
}

function checkFromCancun(version: 3 | 4 | 5, { payload, beaconRoot }: SentPayload): void {
  refuseIf(payload.withdrawals === undefined, 'nil withdrawals post-shanghai')
  refuseIf(payload.excessBlobGas === undefined, 'nil excessBlobGas post-cancun')
  refuseIf(payload.blobGasUsed === undefined, 'nil blobGasUsed post-cancun')
  refuseIf(beaconRoot === undefined, 'nil beaconRoot post-cancun')
  refuseIf(version === 4 && payload.slotNumber !== undefined, 'slotNumber not supported pre-amsterdam')
  refuseIf(version === 4 && payload.blockAccessList !== undefined, 'block access list not supported pre-amsterdam')
  refuseIf(version === 5 && payload.slotNumber === undefined, 'nil slotnumber post-amsterdam')
  refuseIf(version === 5 && payload.blockAccessList === undefined, 'missing block access list post-amsterdam')
}

/** Each has data, and they are ordered by their type, of which there is one each (EIP-7685). */
function checkRequests(requests: readonly Uint8Array[]): void {
  const TYPE_AND_DATA = 2
  for (const [i, request] of requests.entries()) {
    refuseIf(request.length < TYPE_AND_DATA, `empty request: ${shown(request)}`)
    refuseIf(i > 0 && request[0]! <= requests[i - 1]![0]!, `invalid request order: ${shown(request)}`)
  }
}

/** As geth writes bytes. */
const shown = (request: Uint8Array): string => `[${request.join(' ')}]`

/** @throws {RpcError} -32602, -38003; -38005 for a block of another fork */
export function checkAttributes(version: ForkchoiceVersion, sent: PayloadAttributes, config: ChainConfig): void {
  const { withdrawals, parentBeaconBlockRoot: beaconRoot, slotNumber, timestamp } = sent
  const fork = forkAt(config, timestamp)
  if (version === 1) {
    refuseIf(withdrawals !== undefined || beaconRoot !== undefined, 'withdrawals and beacon root not supported in V1')
    refuseIf(fork !== 'paris' && fork !== 'shanghai', 'fcuV1 called post-shanghai')
    return
  }
  if (version === 2) {
    wrongIf(beaconRoot !== undefined, 'unexpected beacon root')
    wrongIf(fork === 'paris' && withdrawals !== undefined, 'withdrawals before shanghai')
    wrongIf(fork === 'shanghai' && withdrawals === undefined, 'missing withdrawals')
  } else {
    wrongIf(withdrawals === undefined, 'missing withdrawals')
    wrongIf(beaconRoot === undefined, 'missing beacon root')
    wrongIf(version === 4 && slotNumber === undefined, 'missing slot number')
  }
  checkFork(timestamp, config, ATTRIBUTE_FORKS[version])
}

const ATTRIBUTE_FORKS: { readonly [version in 2 | 3 | 4]: Forks } = {
  2: [['paris', 'shanghai'], 'fcuV2 must only be called with paris or shanghai payloads'],
  3: [CANCUN_TO_BPO2, 'fcuV3 must only be called for cancun/prague/osaka payloads'],
  4: [FROM_AMSTERDAM, 'fcuV4 must only be called for amsterdam payloads'],
}

function checkFork(time: bigint, config: ChainConfig, [forks, why]: Forks): void {
  if (!forks.includes(forkAt(config, time))) throw unsupportedFork(why)
}

function refuseIf(isWrong: boolean, why: string): void {
  if (isWrong) throw invalidParameters(why)
}

function wrongIf(isWrong: boolean, why: string): void {
  if (isWrong) throw invalidAttributes(why)
}

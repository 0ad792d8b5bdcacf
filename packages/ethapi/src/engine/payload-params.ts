// Reads what the Engine API takes: payloads, attributes, forkchoices. Source: execution-apis, engine; geth: beacon/engine.
import type { Hash, Withdrawal } from '@ethspan/chain'
import { address, bytes, hash, uint64, uint256 } from '../params/hex.js'
import { field, fields, list, type Reader, text, Unreadable } from '../params/reader.js'

/** `ExecutionPayloadV1` to `V4`; a later version adds fields. */
export interface ExecutionPayload {
  readonly parentHash: Hash
  readonly feeRecipient: Uint8Array
  readonly stateRoot: Hash
  readonly receiptsRoot: Hash
  readonly logsBloom: Uint8Array
  readonly prevRandao: Hash
  readonly blockNumber: bigint
  readonly gasLimit: bigint
  readonly gasUsed: bigint
  readonly timestamp: bigint
  readonly extraData: Uint8Array
  readonly baseFeePerGas: bigint
  readonly blockHash: Hash
  readonly transactions: readonly Uint8Array[]
  readonly withdrawals: readonly Withdrawal[] | undefined
  readonly blobGasUsed: bigint | undefined
  readonly excessBlobGas: bigint | undefined
  readonly blockAccessList: Uint8Array | undefined
  readonly slotNumber: bigint | undefined
}

/** `PayloadAttributesV1` to `V4`. */
export interface PayloadAttributes {
  readonly timestamp: bigint
  readonly prevRandao: Hash
  readonly suggestedFeeRecipient: Uint8Array
  readonly withdrawals: readonly Withdrawal[] | undefined
  readonly parentBeaconBlockRoot: Hash | undefined
  readonly slotNumber: bigint | undefined
}

export interface ForkchoiceState {
  readonly headBlockHash: Hash
  readonly safeBlockHash: Hash
  readonly finalizedBlockHash: Hash
}

type Fields = Readonly<Record<string, unknown>>

/** A field that has to be there. */
function needed<T>(object: Fields, name: string, read: Reader<T>): T {
  const value = field(object, name, read)
  if (value === undefined) throw new Unreadable(`missing required field '${name}'`)
  return value
}

const withdrawal: Reader<Withdrawal> = (value) => {
  const sent = fields(value)
  return {
    index: needed(sent, 'index', uint64),
    validatorIndex: needed(sent, 'validatorIndex', uint64),
    address: needed(sent, 'address', address),
    amount: needed(sent, 'amount', uint64),
  }
}

export const executionPayload: Reader<ExecutionPayload> = (value) => {
  const sent = fields(value)
  return {
    parentHash: needed(sent, 'parentHash', hash),
    feeRecipient: needed(sent, 'feeRecipient', address),
    stateRoot: needed(sent, 'stateRoot', hash),
    receiptsRoot: needed(sent, 'receiptsRoot', hash),
    logsBloom: needed(sent, 'logsBloom', bytes),
    prevRandao: needed(sent, 'prevRandao', hash),
    blockNumber: needed(sent, 'blockNumber', uint64),
    gasLimit: needed(sent, 'gasLimit', uint64),
    gasUsed: needed(sent, 'gasUsed', uint64),
    timestamp: needed(sent, 'timestamp', uint64),
    extraData: needed(sent, 'extraData', bytes),
    baseFeePerGas: needed(sent, 'baseFeePerGas', uint256),
    blockHash: needed(sent, 'blockHash', hash),
    transactions: needed(sent, 'transactions', list(bytes)),
    withdrawals: field(sent, 'withdrawals', list(withdrawal)),
    blobGasUsed: field(sent, 'blobGasUsed', uint64),
    excessBlobGas: field(sent, 'excessBlobGas', uint64),
    blockAccessList: field(sent, 'blockAccessList', bytes),
    slotNumber: field(sent, 'slotNumber', uint64),
  }
}

export const payloadAttributes: Reader<PayloadAttributes> = (value) => {
  const sent = fields(value)
  return {
    timestamp: needed(sent, 'timestamp', uint64),
    prevRandao: needed(sent, 'prevRandao', hash),
    suggestedFeeRecipient: needed(sent, 'suggestedFeeRecipient', address),
    withdrawals: field(sent, 'withdrawals', list(withdrawal)),
    parentBeaconBlockRoot: field(sent, 'parentBeaconBlockRoot', hash),
    slotNumber: field(sent, 'slotNumber', uint64),
  }
}

const ZERO_HASH: Hash = new Uint8Array(32)

/** A hash that is left out is zero: unknown. */
export const forkchoiceState: Reader<ForkchoiceState> = (value) => {
  const sent = fields(value)
  return {
    headBlockHash: field(sent, 'headBlockHash', hash) ?? ZERO_HASH,
    safeBlockHash: field(sent, 'safeBlockHash', hash) ?? ZERO_HASH,
    finalizedBlockHash: field(sent, 'finalizedBlockHash', hash) ?? ZERO_HASH,
  }
}

/** Figures of a merge that is long over. */
export interface TransitionConfiguration {
  readonly terminalTotalDifficulty: bigint | undefined
  readonly terminalBlockHash: Hash
  readonly terminalBlockNumber: bigint
}

export const transitionConfiguration: Reader<TransitionConfiguration> = (value) => {
  const sent = fields(value)
  return {
    terminalTotalDifficulty: field(sent, 'terminalTotalDifficulty', uint256),
    terminalBlockHash: field(sent, 'terminalBlockHash', hash) ?? ZERO_HASH,
    terminalBlockNumber: field(sent, 'terminalBlockNumber', uint64) ?? 0n,
  }
}

/** What a consensus client says of itself; it is only logged. */
export const clientVersion: Reader<Readonly<Record<string, string | undefined>>> = (value) => {
  const sent = fields(value)
  return Object.fromEntries(['code', 'name', 'version', 'commit'].map((name) => [name, field(sent, name, text)]))
}

export const isZero = (of: Hash): boolean => of.every((byte) => byte === 0)

// Headers and blocks as geth writes them.
import { type Block, type Hash, type Header, headerHash, transactionHash, type Withdrawal } from '@ethspan/chain'
import { splitRlpList } from '@ethspan/core'
import { hex, hexOrNull, type Json, quantity, quantityOrNull } from './hex.js'

/** Geth: `RPCMarshalHeader`. A field that the header's fork does not have is left out. */
export function headerJson(header: Header, hash: Hash): Json {
  const there = Object.entries(forkFields(header)).filter(([, value]) => value !== null)
  return { ...firstFields(header, hash), ...Object.fromEntries(there) }
}

/** Geth: the JSON of `types.Header`, which `newHeads` tells. A field that the header's fork does not have is null. */
export const newHeadJson = (header: Header, hash: Hash): Json => ({
  ...firstFields(header, hash),
  ...forkFields(header),
})

const firstFields = (header: Header, hash: Hash) => ({
  number: quantity(header.number),
  hash: hex(hash),
  parentHash: hex(header.parentHash),
  nonce: hex(header.nonce),
  mixHash: hex(header.mixDigest),
  sha3Uncles: hex(header.ommersHash),
  logsBloom: hex(header.bloom),
  stateRoot: hex(header.stateRoot),
  miner: hex(header.coinbase),
  difficulty: quantity(header.difficulty),
  extraData: hex(header.extraData),
  gasLimit: quantity(header.gasLimit),
  gasUsed: quantity(header.gasUsed),
  timestamp: quantity(header.time),
  transactionsRoot: hex(header.txsRoot),
  receiptsRoot: hex(header.receiptsRoot),
})

const forkFields = (header: Header) => ({
  baseFeePerGas: quantityOrNull(header.baseFeePerGas),
  withdrawalsRoot: hexOrNull(header.withdrawalsRoot),
  blobGasUsed: quantityOrNull(header.blobGasUsed),
  excessBlobGas: quantityOrNull(header.excessBlobGas),
  parentBeaconBlockRoot: hexOrNull(header.parentBeaconRoot),
  requestsHash: hexOrNull(header.requestsHash),
  blockAccessListHash: hexOrNull(header.blockAccessListHash),
  slotNumber: quantityOrNull(header.slotNumber),
})

/**
 * Geth: `RPCMarshalBlock`.
 * @param transactions in full; where they are left out their hashes are told
 */
export function blockJson({ hash, header, body }: Block, transactions?: readonly Json[]): Json {
  return {
    ...headerJson(header, hash),
    size: quantity(blockSize([header.raw, ...splitRlpList(body.raw, 'block body', { max: BODY_PARTS })])),
    transactions: transactions ?? body.transactions.map((tx) => hex(transactionHash(tx))),
    uncles: body.uncles.map((uncle) => hex(headerHash(uncle))),
    ...(body.withdrawals === undefined ? {} : { withdrawals: body.withdrawals.map(withdrawalJson) }),
  }
}

/** An uncle told as a block, as geth does it: with neither transactions nor uncles of its own. */
export const uncleJson = (uncle: Header): Json => ({
  ...headerJson(uncle, headerHash(uncle)),
  size: quantity(blockSize([uncle.raw, EMPTY_LIST, EMPTY_LIST])),
  uncles: [],
})

const BODY_PARTS = 3
const EMPTY_LIST = Uint8Array.of(0xc0)
/** A list of more bytes than this has its length in bytes of its own. */
const MAX_SHORT_LENGTH = 55

/** Of the block in RLP, bytes. */
function blockSize(parts: readonly Uint8Array[]): number {
  const payload = parts.reduce((sum, { length }) => sum + length, 0)
  const lengthBytes = payload > MAX_SHORT_LENGTH ? Math.ceil(payload.toString(16).length / 2) : 0
  return 1 + lengthBytes + payload
}

export const withdrawalJson = ({ index, validatorIndex, address, amount }: Withdrawal): Json => ({
  index: quantity(index),
  validatorIndex: quantity(validatorIndex),
  address: hex(address),
  amount: quantity(amount),
})

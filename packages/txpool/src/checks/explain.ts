// Why a transaction can't be read under the head's rules, in geth's words: those of the library are its own.
import type { Transaction } from '@ethspan/chain'
import { decodeRlp, expectBigUint, expectBytes, expectList, type RlpItem } from '@ethspan/core'
import { MAX_BLOBS_PER_TX } from '../limits.js'
import { type Refusal, refusal } from '../refusal.js'
import { MAX_TX_GAS, tooMuchGas } from './gas.js'
import type { Rules } from './rules.js'

/** Bytes of the code that creates a contract. Source: EIP-3860, and EIP-7954 from Amsterdam on. */
const MAX_INIT_CODE_BYTES = 2 * 24_576
const MAX_INIT_CODE_BYTES_AMSTERDAM = 2 * 65_536
const MAX_NONCE = 2n ** 64n - 1n

interface Fields {
  readonly chainId: bigint
  readonly nonce: bigint
  readonly tipCap: bigint
  readonly feeCap: bigint
  readonly gas: bigint
  readonly isCreation: boolean
  readonly data: Uint8Array
  /** Of type 3 its blobs' hashes, of type 4 its authorizations. */
  readonly list: readonly RlpItem[] | undefined
}

/** @param error what the library said */
export function explainUnreadable(alone: Transaction, rules: Rules, error: Error): Refusal {
  let fields: Fields
  try {
    fields = readFields(alone, rules)
  } catch {
    return refusal('invalid', error.message)
  }
  return fieldsFault(alone.type, fields, rules) ?? refusal('invalid', error.message)
}

/** In geth's order. What a later fork allows is not said to be invalid for ever. */
function fieldsFault(type: number, fields: Fields, { common }: Rules): Refusal | undefined {
  const { data, gas, tipCap, feeCap, chainId, nonce, list } = fields
  const isAmsterdam = common.isActivatedEIP(8037)
  const limit = isAmsterdam ? MAX_INIT_CODE_BYTES_AMSTERDAM : MAX_INIT_CODE_BYTES
  if (fields.isCreation && common.isActivatedEIP(3860) && data.length > limit) {
    return refusal('not-yet', `max initcode size exceeded: code size ${data.length} limit ${limit}`)
  }
  if (common.isActivatedEIP(7825) && !isAmsterdam && gas > MAX_TX_GAS) {
    return refusal('not-yet', tooMuchGas(MAX_TX_GAS, gas))
  }
  if (tipCap > feeCap) return refusal('invalid', 'max priority fee per gas higher than max fee per gas')
  if (chainId !== common.chainId()) {
    const message = `invalid sender: invalid chain id for signer: have ${chainId} want ${common.chainId()}`
    return refusal('invalid', message)
  }
  if (nonce === MAX_NONCE) return refusal('invalid', 'nonce has max value')
  if (type === 3 && list !== undefined && list.length > MAX_BLOBS_PER_TX) {
    const message = `transaction blob limit exceeded: blob count ${list.length}, limit ${MAX_BLOBS_PER_TX}`
    return refusal('not-yet', message)
  }
  if (type === 4 && list?.length === 0) {
    return refusal('invalid', 'set code tx must have at least one authorization tuple')
  }
  return undefined
}

/** Those that are the same in all types, wherever they stand. @throws {EthspanError} ERR_INVALID_RLP */
function readFields({ type, bytes }: Transaction, { common }: Rules): Fields {
  const items = expectList(decodeRlp(type === 0 ? bytes : bytes.subarray(1)), 'transaction')
  const number = (at: number) => expectBigUint(items[at], 'number')
  const to = (at: number) => expectBytes(items[at], 'recipient').length === 0
  const rest = (nonce: number, tip: number, fee: number) => ({
    nonce: number(nonce),
    tipCap: number(tip),
    feeCap: number(fee),
    gas: number(fee + 1),
    isCreation: to(fee + 2),
    data: expectBytes(items[fee + 4], 'data'),
    list: undefined,
  })
  if (type === 0) {
    // 27 and 28: signed for no chain (EIP-155).
    const v = number(6)
    return { ...rest(0, 1, 1), chainId: v < 35n ? common.chainId() : (v - 35n) / 2n }
  }
  if (type === 1) return { ...rest(1, 2, 2), chainId: number(0) }
  const list = type === 2 ? undefined : expectList(items[type === 3 ? 10 : 9], 'list')
  return { ...rest(1, 2, 3), chainId: number(0), list }
}

// Why a call reverted, as its contract says it.
import { RpcError } from '@ethspan/rpc'
import { REVERTED } from '../errors.js'
import { bytesToBigInt, hex } from '../format/hex.js'

/** `Error(string)` of Solidity. */
const ERROR_SELECTOR = '0x08c379a0'
/** `Panic(uint256)` of Solidity. */
const PANIC_SELECTOR = '0x4e487b71'
const SELECTOR_BYTES = 4
const WORD_BYTES = 32

/** Source: Solidity, "Panic via assert and Error via require"; the words are geth's. */
const PANICS: ReadonlyMap<bigint, string> = new Map([
  [0x00n, 'generic panic'],
  [0x01n, 'assert(false)'],
  [0x11n, 'arithmetic underflow or overflow'],
  [0x12n, 'division or modulo by zero'],
  [0x21n, 'enum overflow'],
  [0x22n, 'invalid encoded storage byte array accessed'],
  [0x31n, 'out-of-bounds array access; popping on an empty array'],
  [0x32n, 'out-of-bounds access of an array or bytesN'],
  [0x41n, 'out of memory'],
  [0x51n, 'uninitialized function'],
])

/** Code 3, the data as it was returned. Geth: `newRevertError`. */
export function revertError(returnData: Uint8Array): RpcError {
  const reason = revertReason(returnData)
  const message = reason === undefined ? 'execution reverted' : `execution reverted: ${reason}`
  return new RpcError(REVERTED, message, { data: hex(returnData) })
}

function revertReason(data: Uint8Array): string | undefined {
  if (data.length < SELECTOR_BYTES) return undefined
  const selector = hex(data.subarray(0, SELECTOR_BYTES))
  const encoded = data.subarray(SELECTOR_BYTES)
  if (selector === ERROR_SELECTOR) return abiString(encoded)
  if (selector !== PANIC_SELECTOR || encoded.length < WORD_BYTES) return undefined
  const code = bytesToBigInt(encoded.subarray(0, WORD_BYTES))
  return PANICS.get(code) ?? `unknown panic code: 0x${code.toString(16)}`
}

/** A single string in Solidity's ABI: where it begins, how long it is, its bytes. */
function abiString(encoded: Uint8Array): string | undefined {
  const start = wordAt(encoded, 0)
  const length = start === undefined ? undefined : wordAt(encoded, start)
  if (start === undefined || length === undefined || start + WORD_BYTES + length > encoded.length) return undefined
  return new TextDecoder().decode(encoded.subarray(start + WORD_BYTES, start + WORD_BYTES + length))
}

/** A number below 2^53; undefined where there is none. */
function wordAt(bytes: Uint8Array, at: number): number | undefined {
  if (at + WORD_BYTES > bytes.length) return undefined
  const word = bytesToBigInt(bytes.subarray(at, at + WORD_BYTES))
  return word > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(word)
}

// Transactions for tests, signed for real, and made without the library that reads them in the chain: so that a mistake in
// one is seen by the other.
import { concatBytes, encodeRlp, keccak256, publicKeyOf, type RlpInput, sign } from '@ethspan/core'
import type { Transaction } from '../block/transaction.js'

/** Legacy, with access list, with priority fee, with blobs, with code set for accounts. */
export type TestTransactionType = 0 | 1 | 2 | 3 | 4

export interface TestTransactionOptions {
  /** Default 2. */
  readonly type?: TestTransactionType
  /** 32 bytes. Default {@link testKey}(0). */
  readonly key?: Uint8Array
  /** Default 1337, as `testSpec`. */
  readonly chainId?: bigint
  readonly nonce: bigint
  /** 20 bytes; `null` creates a contract. Default: an address that nobody has the key of. */
  readonly to?: Uint8Array | null
  /** Wei. Default 1. */
  readonly value?: bigint
  readonly data?: Uint8Array
  /** Default 50,000. */
  readonly gasLimit?: bigint
  /** Wei; of types 0 and 1 the gas price. Default 2 gwei. */
  readonly maxFeePerGas?: bigint
  /** Wei, from type 2 on. Default 1 gwei. */
  readonly maxPriorityFeePerGas?: bigint
  /** Wei, of type 3. Default 1 gwei. */
  readonly maxFeePerBlobGas?: bigint
  /** Of type 3, each 32 bytes. Default: one, of no known blob. */
  readonly blobVersionedHashes?: readonly Uint8Array[]
}

/** Private keys for tests, the same ones every time. 32 bytes. */
export const testKey = (index: number): Uint8Array => keccak256(encodeRlp(['ethspan test key', index]))

/** The address of {@link testKey}`(index)`: 20 bytes. */
export const testAddress = (index: number): Uint8Array => keccak256(publicKeyOf(testKey(index))).subarray(12)

const GWEI = 1_000_000_000n
const NOBODY = new Uint8Array(20).fill(0xbb)
/** Of the blob with this commitment: version 1 and 31 bytes of a SHA-256 (EIP-4844). */
const BLOB_HASH = Uint8Array.of(1, ...new Uint8Array(31).fill(0xb1))

/** A signed transaction, as blocks have it: one with blobs without its sidecar. */
export function testTransaction(options: TestTransactionOptions): Transaction {
  const { type = 2, key = testKey(0), chainId = 1337n, nonce } = options
  const { to = NOBODY, value = 1n, data = new Uint8Array(0), gasLimit = 50_000n } = options
  const { maxFeePerGas = 2n * GWEI, maxPriorityFeePerGas = GWEI, maxFeePerBlobGas = GWEI } = options
  const common: RlpInput[] = [gasLimit, to ?? new Uint8Array(0), value, data]
  if (type === 0) {
    const unsigned = [nonce, maxFeePerGas, ...common]
    // The chain's id is signed instead of a signature (EIP-155).
    const { r, s, parity } = signed(encodeRlp([...unsigned, chainId, 0, 0]), key)
    return { type, bytes: encodeRlp([...unsigned, 35n + 2n * chainId + parity, r, s]) }
  }
  const accessList: RlpInput = [[NOBODY, [new Uint8Array(32)]]]
  const fees = type === 1 ? [maxFeePerGas] : [maxPriorityFeePerGas, maxFeePerGas]
  const unsigned: RlpInput[] = [chainId, nonce, ...fees, ...common, accessList]
  if (type === 3) unsigned.push(maxFeePerBlobGas, options.blobVersionedHashes ?? [BLOB_HASH])
  if (type === 4) unsigned.push([authorization(chainId, key)])
  const prefix = Uint8Array.of(type)
  const { r, s, parity } = signed(concatBytes(prefix, encodeRlp(unsigned)), key)
  return { type, bytes: concatBytes(prefix, encodeRlp([...unsigned, parity, r, s])) }
}

/** The sender's leave to run the code of an address in its name (EIP-7702). */
function authorization(chainId: bigint, key: Uint8Array): RlpInput {
  const unsigned: RlpInput[] = [chainId, NOBODY, 0]
  const { r, s, parity } = signed(concatBytes(Uint8Array.of(5), encodeRlp(unsigned)), key)
  return [...unsigned, parity, r, s]
}

function signed(bytes: Uint8Array, key: Uint8Array): { r: bigint; s: bigint; parity: bigint } {
  const signature = sign(keccak256(bytes), key)
  const number = (from: number, to: number) =>
    signature.subarray(from, to).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)
  return { r: number(0, 32), s: number(32, 64), parity: number(64, 65) }
}

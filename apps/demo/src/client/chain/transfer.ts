// A transfer of coins: whether it can be sent, what it takes at most, and its signature.
import { createFeeMarket1559Tx, type TypedTransaction } from '@ethereumjs/tx'
import { isValidChecksumAddress } from '@ethereumjs/util'
import { type ChainReader, type chainCommon, commonAt, nextBaseFee } from '@ethspan/chain'

/** Gas that a transfer may take, whatever the fork's prices are; what it does not take is not paid. */
const GAS_LIMIT = 100_000n
/** Wei a gas above the base fee. */
const TIP = 1_000_000_000n

export interface Transfer {
  readonly chain: Pick<ChainReader, 'head' | 'config'>
  readonly common: ReturnType<typeof chainCommon>
  /** Private key of the sender, 32 bytes. */
  readonly key: Uint8Array
  readonly nonce: bigint
  /** 20 bytes. */
  readonly to: Uint8Array
  /** Wei. */
  readonly value: bigint
}

/** Wei that a transfer of `value` takes at most, its fee included. */
export const mostFor = (value: bigint, chain: Transfer['chain']): bigint => value + GAS_LIMIT * maxFeePerGas(chain)

export function signTransfer({ chain, common, key, nonce, to, value }: Transfer): TypedTransaction {
  const fields = {
    chainId: BigInt(chain.config.chainId ?? 0),
    nonce,
    to,
    value,
    gasLimit: GAS_LIMIT,
    maxPriorityFeePerGas: TIP,
    maxFeePerGas: maxFeePerGas(chain),
  }
  return createFeeMarket1559Tx(fields, { common: commonAt(common, chain.head().header) }).sign(key)
}

/** The base fee can double in some six blocks. */
const maxFeePerGas = (chain: Transfer['chain']): bigint => 2n * nextBaseFee(chain.head().header, chain.config) + TIP

/** Why this is no address to send to; undefined where it is one. */
export function addressFault(text: string): string | undefined {
  if (!/^0x[0-9a-f]{40}$/i.test(text)) return 'an address is 0x and 40 hex digits'
  const digits = text.slice(2)
  const isMixed = digits !== digits.toLowerCase() && digits !== digits.toUpperCase()
  return isMixed && !isValidChecksumAddress(text)
    ? 'a letter of this address is wrong: its checksum does not fit'
    : undefined
}

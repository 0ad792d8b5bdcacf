// A chain's genesis in geth's form, for pages that follow the chain: they make the genesis block of it themselves.
import type { ChainSpec, GenesisAccount } from '@ethspan/chain'
import { bytesToHex } from '@ethspan/core'

/** Undefined where the accounts are not known, as of the public networks. */
export function genesisJson({ config, genesis: { header }, alloc }: ChainSpec): string | undefined {
  if (alloc === undefined) return undefined
  const { nonce, time, extraData, gasLimit, difficulty, mixDigest, coinbase, gasUsed, parentHash } = header
  const { baseFeePerGas, excessBlobGas, blobGasUsed, slotNumber } = header
  return JSON.stringify({
    config: Object.fromEntries(Object.entries(config).map(([name, value]) => [name, configValue(value)])),
    nonce: hex(nonce),
    timestamp: quantity(time),
    extraData: hex(extraData),
    gasLimit: quantity(gasLimit),
    difficulty: quantity(difficulty),
    mixHash: hex(mixDigest),
    coinbase: hex(coinbase),
    gasUsed: quantity(gasUsed),
    parentHash: hex(parentHash),
    ...optional({ baseFeePerGas, excessBlobGas, blobGasUsed, slotNumber }),
    alloc: Object.fromEntries(alloc.map((account) => [bytesToHex(account.address), accountJson(account)])),
  })
}

/** geth writes a total difficulty as a number of JSON, which may be larger than JavaScript writes exactly. */
const configValue = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return hex(value)
  return typeof value === 'bigint' ? Number(value) : value
}

const accountJson = ({ balance, nonce, code, storage }: GenesisAccount) => ({
  balance: quantity(balance),
  ...(nonce === 0n ? {} : { nonce: quantity(nonce) }),
  ...(code.length === 0 ? {} : { code: hex(code) }),
  ...(storage.length === 0
    ? {}
    : { storage: Object.fromEntries(storage.map(([slot, value]) => [hex(slot), hex(value)])) }),
})

const optional = (fields: Readonly<Record<string, bigint | undefined>>) =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, quantity(value)]])),
  )

const hex = (bytes: Uint8Array) => `0x${bytesToHex(bytes)}`
const quantity = (value: bigint) => `0x${value.toString(16)}`

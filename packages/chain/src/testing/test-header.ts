import type { HeaderFields } from '../block/header.js'

const zeros = (length: number) => new Uint8Array(length)

/** A header of the first fork that says nothing but what is given: all else is zero, and no rule is kept. */
export const testHeader = (fields: Partial<HeaderFields> = {}): HeaderFields => ({
  parentHash: zeros(32),
  ommersHash: zeros(32),
  coinbase: zeros(20),
  stateRoot: zeros(32),
  txsRoot: zeros(32),
  receiptsRoot: zeros(32),
  bloom: zeros(256),
  difficulty: 0n,
  number: 0n,
  gasLimit: 0n,
  gasUsed: 0n,
  time: 0n,
  extraData: zeros(0),
  mixDigest: zeros(32),
  nonce: zeros(8),
  ...fields,
})

/** The versions of the protocol that are spoken here, newest first. */
export const ETH_VERSIONS = [71, 70, 69, 68] as const

export type EthVersion = (typeof ETH_VERSIONS)[number]

/** Codes of the messages. Source: eth.md; geth: eth/protocols/eth/protocol.go. */
export const EthMsg = {
  Status: 0x00,
  /** Until eth/68. */
  NewBlockHashes: 0x01,
  Transactions: 0x02,
  GetBlockHeaders: 0x03,
  BlockHeaders: 0x04,
  GetBlockBodies: 0x05,
  BlockBodies: 0x06,
  /** Until eth/68. */
  NewBlock: 0x07,
  NewPooledTransactionHashes: 0x08,
  GetPooledTransactions: 0x09,
  PooledTransactions: 0x0a,
  GetReceipts: 0x0f,
  Receipts: 0x10,
  /** From eth/69. */
  BlockRangeUpdate: 0x11,
  /** From eth/71. */
  GetBlockAccessLists: 0x12,
  /** From eth/71. */
  BlockAccessLists: 0x13,
} as const

/** How many codes each version takes. Source: geth, `protocolLengths`; of 68: geth before it gave it up. */
export const PROTOCOL_LENGTHS: Readonly<Record<EthVersion, number>> = { 68: 17, 69: 18, 70: 18, 71: 20 }

/** The message's name in the specification, or its code where there is none. */
export const msgName = (code: number): string =>
  Object.entries(EthMsg).find(([, known]) => known === code)?.[0] ?? `message 0x${code.toString(16)}`

/** Messages that only some versions have; all others have all. */
const FIRST_VERSION: Readonly<Record<number, number>> = {
  [EthMsg.BlockRangeUpdate]: 69,
  [EthMsg.GetBlockAccessLists]: 71,
  [EthMsg.BlockAccessLists]: 71,
}
const LAST_VERSION: Readonly<Record<number, number>> = { [EthMsg.NewBlockHashes]: 68, [EthMsg.NewBlock]: 68 }

/** Whether this version has a message with this code. */
export const speaks = (version: EthVersion, code: number): boolean =>
  version >= (FIRST_VERSION[code] ?? 0) && version <= (LAST_VERSION[code] ?? version)

// What pages are shown of the chain that their node follows, and of the account that it has there. JSON, as all that crosses
// the line: numbers that may be large are decimal text.

/** What the node itself found to be right in a block. */
export type BlockCheck =
  /** Each field of the header follows from its parent and the rules of its fork. */
  | 'header'
  /** The transactions root, and the signature of each transaction. */
  | 'transactions'
  /** The withdrawals root. */
  | 'withdrawals'
  /** The receipts root, over receipts that a peer sent. */
  | 'receipts'

export interface BlockView {
  readonly number: number
  /** `0x` and 64 hex digits. */
  readonly hash: string
  /** When it says that it was made, seconds since 1970. */
  readonly time: number
  /** When the node had it, milliseconds since 1970. */
  readonly arrivedAt: number
  readonly transactions: number
  readonly gasUsed: number
  readonly gasLimit: number
  /** Wei. */
  readonly baseFee: string
  readonly checks: readonly BlockCheck[]
}

export interface SyncView {
  readonly stage: 'headers' | 'blocks'
  readonly current: number
  /** Undefined as long as the target's header is not there. */
  readonly highest?: number
  /** What no connected peer has, such as `a peer that has the receipts of block 5`, where nothing goes on without it. */
  readonly waitingFor?: string
}

export interface ChainView {
  /** Such as `development chain`. */
  readonly name: string
  /** Decimal text. */
  readonly networkId: string
  /** Hash of the genesis block. */
  readonly genesis: string
  readonly head: number
  /** The first block that is kept. */
  readonly earliest: number
  /** Newest first, {@link MAX_BLOCKS_SHOWN} at most; without the genesis block. */
  readonly blocks: readonly BlockView[]
  /** Undefined where there is nothing to fetch. */
  readonly sync?: SyncView
}

/** Blocks on the page. */
export const MAX_BLOCKS_SHOWN = 8
/** The account's transactions on the page. */
export const MAX_OWN_SHOWN = 6

/** How far a transaction of the account has come. Each step implies those before it. */
export type TransactionStep =
  /** Signed here. */
  | 'signed'
  /** Sent to peers, or by one to this node. */
  | 'gossiped'
  /** In a block of the chain. */
  | 'mined'
  /** Its receipt is one of those whose root is in that block's header. */
  | 'proven'

export interface OwnTransaction {
  /** `0x` and 64 hex digits. */
  readonly hash: string
  /** To the account, such as the faucet's gift, or from it. */
  readonly direction: 'in' | 'out'
  /** The other side's address. */
  readonly other: string
  /** Wei. */
  readonly value: string
  readonly step: TransactionStep
  /** Milliseconds since 1970. */
  readonly at: number
  /** Peers it was sent to from here. */
  readonly peers: number
  readonly block?: number
  /** The block that it was in before that was replaced; of one that waits again. */
  readonly lostBlock?: number
  /** Wei that it took, of a transaction of the account's own. */
  readonly fee?: string
  /** Whether it did what it should; of one that is proven. */
  readonly succeeded?: boolean
  /** Of the block's header, to which the receipt was proven. */
  readonly receiptsRoot?: string
}

export interface AccountView {
  /** `0x` and 40 hex digits, mixed case as EIP-55 has it. */
  readonly address: string
  /** Wei. */
  readonly balance: string
  /** The block whose state root the balance was proven against; undefined before the first proof. */
  readonly provenAt?: number
  /** Whether there is a faucet to ask. */
  readonly faucet: boolean
  /** Newest first. */
  readonly transactions: readonly OwnTransaction[]
}

// Makes a block of what waits: what `miner` is in geth.
import { Block as VmBlock } from '@ethereumjs/block'
import { isBlob4844Tx, type TypedTransaction } from '@ethereumjs/tx'
import { Address, EthereumJSError } from '@ethereumjs/util'
import { runBlock, runTx } from '@ethereumjs/vm'
import {
  accessListHash,
  GAS_PER_BLOB as BLOB_GAS,
  type Block,
  type Body,
  blobConfigAt,
  type ChainConfig,
  decodeBody,
  EMPTY_ACCESS_LIST_HASH,
  EMPTY_REQUESTS_HASH,
  EMPTY_ROOT,
  EMPTY_UNCLES_HASH,
  type Executed,
  encodeBody,
  encodeHeader,
  type Hash,
  type Header,
  type HeaderFields,
  headerHash,
  isForked,
  nextBaseFee,
  nextExcessBlobGas,
  readTransaction,
  sourceOf,
  type Transaction,
  transactionsRoot,
  type Withdrawal,
  withdrawalsRoot,
  withoutSidecar,
} from '@ethspan/chain'
import { bytesToHex, hexToBytes, type Logger } from '@ethspan/core'
import type { Machine, Run } from '../evm/machine.js'
import { MAX_TRANSACTION_BYTES } from '../limits.js'
import { EMPTY_ACCOUNT } from '../state/account.js'
import { encodeReceipts } from './execute-block.js'
import { vmBlock } from './vm-block.js'

/** What a block is to say that does not follow from its parent and its transactions. */
export interface BlockPlan {
  /** Seconds since 1970, after the parent's. */
  readonly time: bigint
  /** Who gets the tips, 20 bytes. */
  readonly coinbase: Uint8Array
  /** What PREVRANDAO gives. */
  readonly prevRandao: Hash
  readonly parentBeaconRoot: Hash
  /** From Shanghai. Default: none. */
  readonly withdrawals?: readonly Withdrawal[]
  /** From Amsterdam. */
  readonly slotNumber: bigint
}

/** Where transactions come from, the best first. */
export interface Candidates {
  /** The best; undefined when there is none. */
  peek(): (Transaction & { readonly sender: Uint8Array; readonly tx: TypedTransaction }) | undefined
  /** On to the next of the same sender. */
  next(): void
  /** Leaves the sender out: one of his can't come now, so those after it can't. */
  leave(): void
}

/** A block with what its execution left behind. */
export interface BuiltBlock extends Executed {
  readonly block: Block
}

export interface BuildOptions {
  readonly config: ChainConfig
  readonly parent: Header
  readonly plan: BlockPlan
  readonly candidates: Candidates
  /** Stands on the parent's state. */
  readonly machine: Machine
  readonly run: Run
  /** Whether there is time for another transaction. */
  hasTime(): boolean
  readonly log: Logger
}

const SYSTEM_ADDRESS = new Address(hexToBytes('fffffffffffffffffffffffffffffffffffffffe'))
const BEACON_ROOTS = new Address(hexToBytes('000f3df6d732807ef1319fb7b8bb8522d0beac02'))
const HISTORY_STORAGE = new Address(hexToBytes('0000f90827f1c53a10cb7a02335b175320002935'))
const GAS_PER_BLOB = BigInt(BLOB_GAS)
/** Source: EIP-4788. */
const SYSTEM_CALL_GAS = 30_000_000n

/** Makes a block on top of `parent`, whose state the machine stands on; after it, it stands on the new block's. */
export async function buildBlock(options: BuildOptions): Promise<BuiltBlock> {
  const { machine, parent, run } = options
  const draft = draftHeader(options)
  const empty = await vmBlock({ header: draft, body: bodyOf([], options) }, machine.common, run.turns)
  const chosen = await machine.during(run, () => choose(options, empty))
  const body = bodyOf(
    chosen.map(({ transaction }) => transaction),
    options,
  )
  // Tried one by one they left traces of those that were not taken. So the block is run once more, as everyone will run it.
  await machine.standOn(parent.stateRoot)
  const { header: vmHeader, common } = empty
  const block = new VmBlock(
    vmHeader,
    chosen.map(({ tx }) => tx),
    [],
    empty.withdrawals,
    { common },
  )
  const result = await machine.during(run, () =>
    runBlock(machine.vm, { block, generate: true, skipBlockValidation: true }),
  )
  const accessList = result.blockLevelAccessList?.serialize()
  const header = headerOf({
    ...draft,
    stateRoot: result.stateRoot,
    txsRoot: await transactionsRoot(body.transactions),
    ...(body.withdrawalsRaw && { withdrawalsRoot: await withdrawalsRoot(body.withdrawalsRaw) }),
    receiptsRoot: result.receiptsRoot,
    bloom: result.logsBloom,
    gasUsed: result.gasUsed,
    ...(draft.blobGasUsed !== undefined && { blobGasUsed: GAS_PER_BLOB * blobsIn(chosen) }),
    ...(result.requestsHash && { requestsHash: result.requestsHash }),
    ...(accessList && { blockAccessListHash: accessListHash(accessList) }),
  })
  return {
    block: { hash: headerHash(header), header, body },
    receipts: encodeReceipts(block, result.receipts),
    ...(accessList && { accessList }),
  }
}

interface Chosen {
  readonly transaction: Transaction
  readonly tx: TypedTransaction
}

/** Runs transactions one after the other, and keeps those that can be. Nothing of what they leave behind is used. */
async function choose({ config, candidates, machine, hasTime, log }: BuildOptions, block: VmBlock): Promise<Chosen[]> {
  const { vm, state, common } = machine
  const { header } = block
  await callSystemContracts(machine, block)
  const chosen: Chosen[] = []
  const used = { gas: 0n, regular: 0n, state: 0n, cumulative: 0n, bytes: 0, blobs: 0n }
  const maxBlobs = BigInt(blobConfigAt(config, { number: header.number, time: header.timestamp })?.max ?? 0)
  for (let next = candidates.peek(); next !== undefined && hasTime(); next = candidates.peek()) {
    const transaction = withoutSidecar(sourceOf(next.tx) ?? next)
    const tx = next.tx.common.hardfork() === common.hardfork() ? next.tx : readTransaction(transaction, common)
    const { nonce } = (await state.account(next.sender)) ?? EMPTY_ACCOUNT
    if (tx.nonce < nonce) {
      candidates.next()
      continue
    }
    const fits =
      tx.nonce === nonce &&
      tx.gasLimit <= header.gasLimit - used.gas &&
      used.bytes + transaction.bytes.length <= MAX_TRANSACTION_BYTES &&
      used.blobs + blobsIn([{ tx }]) <= maxBlobs
    if (!fits) {
      candidates.leave()
      continue
    }
    try {
      const result = await runTx(vm, { tx, block, blockGasUsed: used.cumulative, skipHardForkValidation: true })
      chosen.push({ transaction, tx })
      candidates.next()
      used.cumulative += result.totalGasSpent
      used.bytes += transaction.bytes.length
      used.blobs += blobsIn([{ tx }])
      used.regular += result.txRegularGas ?? result.blockGasSpent
      used.state += result.txStateGas ?? 0n
      used.gas = used.regular > used.state ? used.regular : used.state
    } catch (error) {
      if (!(error instanceof EthereumJSError)) throw error
      candidates.leave()
      log.debug('a transaction is left out of the block', { sender: bytesToHex(next.sender), nonce, error })
    }
  }
  return chosen
}

/** What comes before the first transaction (EIP-4788, EIP-2935): transactions can ask for it. */
async function callSystemContracts({ vm, common }: Machine, block: VmBlock): Promise<void> {
  const { parentBeaconBlockRoot, parentHash } = block.header
  const call = (to: Address, data: Uint8Array) =>
    vm.evm.runCall({ block, caller: SYSTEM_ADDRESS, to, data, gasLimit: SYSTEM_CALL_GAS, skipNonceIncrement: true })
  if (common.isActivatedEIP(4788) && parentBeaconBlockRoot) await call(BEACON_ROOTS, parentBeaconBlockRoot)
  if (common.isActivatedEIP(2935)) await call(HISTORY_STORAGE, parentHash)
}

const blobsIn = (chosen: readonly Pick<Chosen, 'tx'>[]): bigint =>
  chosen.reduce((sum, { tx }) => (isBlob4844Tx(tx) ? sum + BigInt(tx.numBlobs()) : sum), 0n)

function draftHeader({ config, parent, plan }: BuildOptions): Header {
  const place = { number: parent.number + 1n, time: plan.time }
  const has = (fork: Parameters<typeof isForked>[1]) => isForked(config, fork, place)
  return headerOf({
    parentHash: headerHash(parent),
    ommersHash: EMPTY_UNCLES_HASH,
    coinbase: plan.coinbase,
    stateRoot: EMPTY_ROOT,
    txsRoot: EMPTY_ROOT,
    receiptsRoot: EMPTY_ROOT,
    bloom: new Uint8Array(256),
    difficulty: 0n,
    number: place.number,
    gasLimit: parent.gasLimit,
    gasUsed: 0n,
    time: plan.time,
    extraData: new Uint8Array(0),
    mixDigest: plan.prevRandao,
    nonce: new Uint8Array(8),
    baseFeePerGas: nextBaseFee(parent, config),
    ...(has('shanghaiTime') && { withdrawalsRoot: EMPTY_ROOT }),
    ...(has('cancunTime') && {
      blobGasUsed: 0n,
      excessBlobGas: nextExcessBlobGas(parent, config, plan.time),
      parentBeaconRoot: plan.parentBeaconRoot,
    }),
    ...(has('pragueTime') && { requestsHash: EMPTY_REQUESTS_HASH }),
    ...(has('amsterdamTime') && { blockAccessListHash: EMPTY_ACCESS_LIST_HASH, slotNumber: plan.slotNumber }),
  })
}

function headerOf(fields: HeaderFields): Header {
  const raw = encodeHeader(fields)
  return { ...fields, raw }
}

function bodyOf(transactions: readonly Transaction[], { config, parent, plan }: BuildOptions): Body {
  const isShanghai = isForked(config, 'shanghaiTime', { number: parent.number + 1n, time: plan.time })
  const withdrawals = isShanghai ? (plan.withdrawals ?? []) : undefined
  const body = decodeBody(encodeBody({ transactions, uncles: [], ...(withdrawals && { withdrawals }) }))
  // The objects that came: who signed them is known.
  return { ...body, transactions }
}

import {
  type Block,
  type BlockExecutor,
  BlockImporter,
  type Chain,
  type Executed,
  type Header,
  headerHash,
  invalidBlock,
} from '@ethspan/chain'
import { memoryChain, type TestBlock, type TestBlocksOptions, testBlocks, testSpec } from '@ethspan/chain/testing'
import { bytesToHex } from '@ethspan/core'
import { inProcess, type RpcClient } from '@ethspan/rpc'
import { onTestFinished } from 'vitest'
import { engineApi } from '../../src/index.js'
import { FakeSync, hexOf, listener } from '../support.js'

const quantity = (value: bigint | undefined) => (value === undefined ? undefined : `0x${value.toString(16)}`)

/** A block as a consensus client sends it. */
export const payloadOf = ({ hash, header, body, accessList }: TestBlock) => ({
  parentHash: hexOf(header.parentHash),
  feeRecipient: hexOf(header.coinbase),
  stateRoot: hexOf(header.stateRoot),
  receiptsRoot: hexOf(header.receiptsRoot),
  logsBloom: hexOf(header.bloom),
  prevRandao: hexOf(header.mixDigest),
  blockNumber: quantity(header.number),
  gasLimit: quantity(header.gasLimit),
  gasUsed: quantity(header.gasUsed),
  timestamp: quantity(header.time),
  extraData: hexOf(header.extraData),
  baseFeePerGas: quantity(header.baseFeePerGas),
  blockHash: hexOf(hash),
  transactions: body.transactions.map(({ bytes }) => hexOf(bytes)),
  withdrawals: body.withdrawals?.map(({ index, validatorIndex, address, amount }) => ({
    index: quantity(index),
    validatorIndex: quantity(validatorIndex),
    address: hexOf(address),
    amount: quantity(amount),
  })),
  blobGasUsed: quantity(header.blobGasUsed),
  excessBlobGas: quantity(header.excessBlobGas),
  blockAccessList: accessList && hexOf(accessList),
  slotNumber: quantity(header.slotNumber),
})

/** Of the blob that transactions for tests name. */
export const BLOB_HASH = `0x01${'b1'.repeat(31)}`

/** The parameters of `engine_newPayload` from Prague on. */
export function payloadParams(block: TestBlock, changes: object = {}): unknown[] {
  const blobs = Number(block.header.blobGasUsed ?? 0n) / 131_072
  const beaconRoot = block.header.parentBeaconRoot
  return [{ ...payloadOf(block), ...changes }, Array(blobs).fill(BLOB_HASH), beaconRoot && hexOf(beaconRoot), []]
}

/** Knows what comes out of blocks for tests, and says that some are invalid. */
export class FakeExecutor implements BlockExecutor {
  readonly #outcomes: ReadonlyMap<string, Executed>
  readonly #executed = new Set<string>()
  readonly invalid = new Set<string>()
  /** What goes wrong with the machine, not with the block. */
  failure: Error | undefined

  constructor(genesis: Block, blocks: readonly TestBlock[]) {
    this.#executed.add(bytesToHex(genesis.hash))
    this.#outcomes = new Map(blocks.map((block) => [bytesToHex(block.hash), block]))
  }

  hasState = async (header: Header) => this.#executed.has(bytesToHex(headerHash(header)))

  async execute({ hash, header }: Block): Promise<Executed> {
    if (this.failure !== undefined) throw this.failure
    const key = bytesToHex(hash)
    if (this.invalid.has(key)) throw invalidBlock(header, 'stateRoot', 'is wrong')
    this.#executed.add(key)
    const { receipts, accessList } = this.#outcomes.get(key)!
    return { receipts, ...(accessList === undefined ? {} : { accessList }) }
  }
}

export interface EngineTest {
  readonly chain: Chain
  readonly blocks: readonly TestBlock[]
  readonly sync: FakeSync
  readonly executor: FakeExecutor
  readonly client: RpcClient
  readonly log: ReturnType<typeof listener>
}

/** The Engine API over an empty chain, and blocks for it. By default it executes. */
export async function startEngine({
  blocks: options = { count: 4 },
  executes = true,
  withSync = true,
  others = [],
}: {
  readonly blocks?: TestBlocksOptions
  readonly executes?: boolean
  readonly withSync?: boolean
  /** Blocks that the executor knows as well. */
  readonly others?: readonly TestBlock[]
} = {}): Promise<EngineTest> {
  const spec = options.spec ?? testSpec()
  const blocks = await testBlocks({ spec, ...options })
  const chain = await memoryChain({ spec })
  onTestFinished(() => chain.close())
  const sync = new FakeSync()
  const log = listener()
  const executor = new FakeExecutor(spec.genesis, [...blocks, ...others])
  const running = executes ? { executor } : {}
  const importer = new BlockImporter({ chain, ...running })
  const api = engineApi({ chain, importer, ...running, ...(withSync ? { sync } : {}), log })
  const client = inProcess([api], { authenticated: true })
  onTestFinished(() => client.close())
  return { chain, blocks, sync, executor, client, log }
}

export interface Status {
  readonly status: string
  readonly latestValidHash: string | null
  readonly validationError: string | null
}

export const newPayload = (client: RpcClient, block: TestBlock, changes?: object): Promise<Status> =>
  client.request('engine_newPayloadV4', payloadParams(block, changes))

const ZERO = `0x${'00'.repeat(32)}`

export function forkchoice(
  client: RpcClient,
  head: TestBlock,
  { safe, finalized, attributes = null }: { safe?: TestBlock; finalized?: TestBlock; attributes?: object | null } = {},
): Promise<{ readonly payloadStatus: Status; readonly payloadId: string | null }> {
  const state = {
    headBlockHash: hexOf(head.hash),
    safeBlockHash: safe === undefined ? ZERO : hexOf(safe.hash),
    finalizedBlockHash: finalized === undefined ? ZERO : hexOf(finalized.hash),
  }
  return client.request('engine_forkchoiceUpdatedV3', [state, attributes])
}

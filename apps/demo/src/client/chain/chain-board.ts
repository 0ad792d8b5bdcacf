// What there is to show of the chain: its newest blocks, and how far a sync is.
import { type Block, type Chain, EMPTY_ROOT, type HeadEvent, type Synchroniser } from '@ethspan/chain'
import { bytesToHex, type Clock, equalBytes, type Timer } from '@ethspan/core'
import { type BlockCheck, type BlockView, type ChainView, MAX_BLOCKS_SHOWN, type SyncView } from '../chain-view.js'
import type { LogTone, NodeEvent } from '../client.js'

/** At least so long between two pictures while many blocks come; milliseconds. */
const PAUSE = 250
/** Between two looks at a sync that is under way; milliseconds. */
const SYNC_PAUSE = 500

export interface ChainBoardOptions {
  readonly name: string
  readonly chain: Chain
  sync(): Pick<Synchroniser, 'progress'> | undefined
  emit(event: NodeEvent): void
  log(tone: LogTone, text: string, detail?: string): void
}

export class ChainBoard {
  readonly #options: ChainBoardOptions
  /** By hash; what was seen arrive, and then read once. */
  readonly #blocks = new Map<string, BlockView>()
  readonly #arrived = new Map<string, number>()
  #timer: Timer | undefined
  #looking: Timer | undefined
  /** Whether the last look found a sync under way. */
  #isSyncing = false
  /** Whether two in a row did: a sync that is over by the second, as that of each new block, is not shown. */
  #isLong = false
  /** Whether there is one on the last picture. */
  #isShown = false
  #drawing: Promise<void> = Promise.resolve()

  constructor(options: ChainBoardOptions) {
    this.#options = options
  }

  /** Shows what comes until the signal fires. */
  start(signal: AbortSignal, clock: Clock, failed: (error: unknown) => void): void {
    const { name, chain, log } = this.#options
    const draw = () => {
      this.#timer = undefined
      this.#drawing = this.#drawing.then(() => (signal.aborted ? undefined : this.#draw())).catch(failed)
    }
    const onHead = (event: HeadEvent) => {
      for (const { hash } of event.added.slice(-MAX_BLOCKS_SHOWN)) this.#arrived.set(bytesToHex(hash), clock.wallTime())
      if (event.removed.length > 0) log('plain', reorgWords(event))
      this.#timer ??= clock.setTimeout(draw, PAUSE)
    }
    /** A sync moves on without a new head. */
    const look = () => {
      const isSyncing = this.#sync() !== undefined
      this.#isLong = this.#isSyncing && isSyncing
      this.#isSyncing = isSyncing
      if (this.#isLong || this.#isShown) draw()
      this.#looking = clock.setTimeout(look, SYNC_PAUSE)
    }
    log('plain', `Following the ${name}, network ${chain.networkId}.`, `Genesis block: ${hex(chain.genesis.hash)}`)
    chain.addEventListener('head', onHead, { signal })
    const end = () => {
      this.#timer?.cancel()
      this.#looking?.cancel()
    }
    signal.addEventListener('abort', end, { once: true })
    draw()
    look()
  }

  async #draw(): Promise<void> {
    const { name, chain, emit } = this.#options
    const blocks = await this.#newest()
    const head = Number(chain.head().number)
    const sync = this.#isLong ? this.#sync() : undefined
    this.#isShown = sync !== undefined
    const view: ChainView = {
      name,
      networkId: `${chain.networkId}`,
      genesis: hex(chain.genesis.hash),
      head,
      earliest: Number(chain.earliest()),
      blocks,
      ...(sync === undefined ? {} : { sync }),
    }
    emit({ type: 'chain', chain: view })
  }

  /** Newest first. What is not shown any more is forgotten. */
  async #newest(): Promise<BlockView[]> {
    const { chain } = this.#options
    const views: BlockView[] = []
    for (
      let number = chain.head().number;
      number > 0n && views.length < MAX_BLOCKS_SHOWN && number >= chain.earliest();
      number--
    ) {
      const hash = await chain.canonicalHash(number)
      const view = hash === undefined ? undefined : await this.#view(hash)
      if (view === undefined) break
      views.push(view)
    }
    const shown = new Set(views.map(({ hash }) => hash.slice(2)))
    for (const hash of this.#blocks.keys()) if (!shown.has(hash)) this.#blocks.delete(hash)
    for (const hash of this.#arrived.keys()) if (!shown.has(hash)) this.#arrived.delete(hash)
    return views
  }

  async #view(hash: Uint8Array): Promise<BlockView | undefined> {
    const { chain } = this.#options
    const key = bytesToHex(hash)
    const known = this.#blocks.get(key)
    if (known !== undefined) return known
    const block = await chain.block(hash)
    if (block === undefined) return undefined
    const receipts = await chain.receipts(hash)
    const view = blockView(block, this.#arrived.get(key) ?? Number(block.header.time) * 1000, receipts !== undefined)
    this.#blocks.set(key, view)
    return view
  }

  #sync(): SyncView | undefined {
    const progress = this.#options.sync()?.progress()
    if (progress === undefined) return undefined
    const { stage, currentBlock, highestBlock, waitingFor } = progress
    return {
      stage,
      current: Number(currentBlock),
      ...(highestBlock === undefined ? {} : { highest: Number(highestBlock) }),
      ...(waitingFor === undefined ? {} : { waitingFor }),
    }
  }
}

function blockView({ hash, header, body }: Block, arrivedAt: number, hasReceipts: boolean): BlockView {
  // It is in the chain, so the importer has held it to all of these; receipts where they came with it.
  const checks: BlockCheck[] = ['header', 'transactions']
  if (header.withdrawalsRoot !== undefined) checks.push('withdrawals')
  if (hasReceipts || equalBytes(header.receiptsRoot, EMPTY_ROOT)) checks.push('receipts')
  return {
    number: Number(header.number),
    hash: hex(hash),
    time: Number(header.time),
    arrivedAt,
    transactions: body.transactions.length,
    gasUsed: Number(header.gasUsed),
    gasLimit: Number(header.gasLimit),
    baseFee: `${header.baseFeePerGas ?? 0n}`,
    checks,
  }
}

function reorgWords({ head, removed }: HeadEvent): string {
  const count = removed.length === 1 ? 'One block was' : `${removed.length} blocks were`
  if (removed.some(({ number }) => number === 1n)) {
    return `${count} replaced, the first one too: the chain began anew, and leads to block ${head.number} now.`
  }
  return `${count} replaced: the chain now leads to block ${head.number}.`
}

const hex = (bytes: Uint8Array): string => `0x${bytesToHex(bytes)}`

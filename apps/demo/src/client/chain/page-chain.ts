// The chain of a page's node: the newest blocks, in the browser's own store, each checked here. Everything that needs the chain's
// code is loaded with this file, and this file only where the gateway has a chain.
import {
  BlockImporter,
  type Chain,
  type ChainHead,
  type ChainSpec,
  chainCommon,
  chainKey,
  chainSpec,
  holeskySpec,
  hoodiSpec,
  mainnetSpec,
  openChain,
  parseGenesis,
  sepoliaSpec,
  TAB_BLOCKS,
} from '@ethspan/chain'
import { bytesToHex } from '@ethspan/core'
import { EthService } from '@ethspan/eth'
import { ethApiService } from '@ethspan/ethapi'
import type { Service, Store } from '@ethspan/node'
import { poolService, TxPool } from '@ethspan/txpool'
import type { Answer, GatewayChain, LogTone, NodeEvent } from '../client.js'
import { AccountBook } from './account-book.js'
import { ChainBoard } from './chain-board.js'

const networks: Readonly<Record<string, ChainSpec>> = {
  mainnet: mainnetSpec,
  sepolia: sepoliaSpec,
  hoodi: hoodiSpec,
  holesky: holeskySpec,
}

export interface PageChainOptions {
  /** What the gateway says of its chain. */
  readonly gateway: GatewayChain
  /** Private key of the node's account, 32 bytes. */
  readonly accountKey: Uint8Array
  /** The chain's own, for this life alone: it is closed with the chain. */
  readonly store: Store
  /** Node ids that are believed when they say what the head is. */
  readonly trustedHeads: readonly string[]
  /** The chain's genesis.json. @throws {Error} where there is no answer */
  genesis(): Promise<unknown>
  /** See `AccountBookOptions`. */
  proof(address: string, block: ChainHead): Promise<readonly string[] | undefined>
  emit(event: NodeEvent): void
  log(tone: LogTone, text: string, detail?: string): void
}

export class PageChain {
  /** To be registered on the node, in this order. */
  readonly services: readonly Service[]
  readonly #chain: Chain
  readonly #eth: EthService
  readonly #account: AccountBook

  private constructor(spec: ChainSpec, chain: Chain, options: PageChainOptions) {
    const { gateway, accountKey, emit, log, proof, trustedHeads } = options
    const common = chainCommon(spec.config)
    const importer = new BlockImporter({ chain })
    const pool = new TxPool({ chain, common })
    this.#chain = chain
    this.#eth = new EthService({
      chain,
      importer,
      pool,
      trustedHeads,
      keep: TAB_BLOCKS,
      onSentTransactions: (peer, hashes) => this.#account.gossiped(peer, hashes),
    })
    this.#account = new AccountBook({
      key: accountKey,
      chain,
      pool,
      faucet: gateway.faucet,
      tellAgain: (hashes) => this.#eth.announceAgain(hashes),
      proof,
      changed: (account) => emit({ type: 'account', account }),
      log,
      now: () => Date.now(),
    })
    const board = new ChainBoard({ name: nameOf(gateway), chain, sync: () => this.#eth.sync, emit, log })
    const failed = (what: string) => (error: unknown) =>
      log('bad', what, error instanceof Error ? error.message : String(error))
    this.services = [
      { name: 'chain', start: ({ offer }) => offer(chainKey, chain) },
      poolService(pool),
      this.#eth,
      ethApiService({ common }),
      {
        name: 'chain-board',
        start: ({ signal, clock }) => {
          board.start(signal, clock, failed('The blocks could not be shown.'))
          // Without a faucet nobody has coins to send.
          if (gateway.faucet) this.#account.start(signal, failed('The account could not be read.'))
        },
      },
    ]
  }

  /** @throws {Error} where the genesis is not the one the gateway told, or the store can't be used */
  static async open(options: PageChainOptions): Promise<PageChain> {
    const { gateway, store } = options
    const spec = await specOf(options)
    const told = gateway.genesis.slice(2)
    const made = bytesToHex(spec.genesis.hash)
    if (made !== told) throw new Error(`the gateway says that its genesis block is 0x${told}, but it makes 0x${made}`)
    const chain = await openChain({ store, spec, keep: TAB_BLOCKS })
    return new PageChain(spec, chain, options)
  }

  /** Believes this node, too, when it says what the head is. */
  trust(id: string): void {
    this.#eth.trustHeads([id])
  }

  send(to: string, amount: string): Promise<Answer> {
    return this.#account.send(to, amount)
  }

  get address(): string {
    return this.#account.address
  }

  /** After the node has stopped. */
  close(): Promise<void> {
    return this.#chain.close()
  }
}

async function specOf({ gateway, genesis }: PageChainOptions): Promise<ChainSpec> {
  const networkId = BigInt(gateway.networkId)
  const known = networks[gateway.name]
  if (known !== undefined) return { ...known, networkId }
  return chainSpec(parseGenesis(await genesis()), networkId)
}

const nameOf = ({ name }: GatewayChain): string => {
  if (name === 'dev') return 'development chain'
  return Object.hasOwn(networks, name) ? name : 'private chain'
}

// The chain of the node behind the pages: opened where the gateway has one, and another one where the gateway has changed.
import { bytesToHex, generatePrivateKey, hexToBytes } from '@ethspan/core'
import type { PageChain } from './chain/page-chain.js'
import type { Answer, GatewayChain, GatewayInfo, LogTone, NodeEvent } from './client.js'
import { askFaucet, fetchGenesis, fetchProof, findGateway } from './gateway.js'
import type { Keeper } from './keeper.js'
import { errorWords } from './reasons.js'

export interface ChainHostOptions {
  emit(event: NodeEvent): void
  log(tone: LogTone, text: string, detail?: string): void
}

export class ChainHost {
  readonly #options: ChainHostOptions
  #chain: PageChain | undefined
  /** What the chain that is open, or could not be opened, was told to be. */
  #told: GatewayChain | undefined
  #base = ''

  constructor(options: ChainHostOptions) {
    this.#options = options
  }

  /**
   * Asks the gateway for its chain and opens that; undefined where it has none, or does not answer, or the chain can't be
   * opened, which is said.
   */
  async open(base: string, keeper: Keeper): Promise<PageChain | undefined> {
    this.#base = base
    const gateway = await findGateway(base).catch(() => undefined)
    this.#told = gateway?.chain
    if (gateway?.chain === undefined) return undefined
    const { log, emit } = this.#options
    try {
      // Whoever has no chain does without its code.
      const { PageChain } = await import('./chain/page-chain.js')
      this.#chain = await PageChain.open({
        gateway: gateway.chain,
        accountKey: await accountKey(keeper),
        store: await keeper.chainStore(databaseOf(gateway.chain)),
        trustedHeads: [gateway.id],
        genesis: () => fetchGenesis(base),
        proof: (address, { hash }) => fetchProof(base, address, `0x${bytesToHex(hash)}`),
        emit,
        log,
      })
      return this.#chain
    } catch (error) {
      log('bad', 'The chain could not be opened.', errorWords(error))
      return undefined
    }
  }

  /** Whether the gateway follows another chain than the one that was opened. */
  isOther({ chain }: GatewayInfo): boolean {
    return keyOf(chain) !== keyOf(this.#told)
  }

  trust(id: string): void {
    this.#chain?.trust(id)
  }

  /** After the node has stopped. */
  async close(): Promise<void> {
    const chain = this.#chain
    this.#chain = undefined
    if (chain === undefined) return
    await chain.close()
    this.#options.emit({ type: 'chain' })
    this.#options.emit({ type: 'account' })
  }

  async askFaucet(): Promise<Answer> {
    if (this.#chain === undefined) return NO_CHAIN
    return askFaucet(this.#base, this.#chain.address)
  }

  async send(to: string, amount: string): Promise<Answer> {
    return this.#chain?.send(to, amount) ?? NO_CHAIN
  }
}

const NO_CHAIN: Answer = { ok: false, why: 'This node follows no chain.' }

const keyOf = (chain: GatewayChain | undefined): string =>
  chain === undefined ? '' : [chain.genesis, chain.networkId, chain.faucet].join(' ')

/** A name for its database; the first digits of a genesis hash tell chains apart. */
const databaseOf = ({ genesis, networkId }: GatewayChain): string => `${genesis.slice(2, 18)}-${networkId}`

/** The account's key, made at the first call. */
async function accountKey(keeper: Keeper): Promise<Uint8Array> {
  const kept = await keeper.load()
  if (kept.accountKey !== undefined) return hexToBytes(kept.accountKey)
  const key = generatePrivateKey()
  await keeper.save({ ...kept, accountKey: bytesToHex(key) })
  return key
}

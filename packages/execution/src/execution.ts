// States and the blocks that make them: what other services ask, and what an import runs.
import type { Common } from '@ethereumjs/common'
import {
  type Account,
  type AccountProof,
  type Block,
  type BlockExecutor,
  type CallOptions,
  type CallRequest,
  type CallResult,
  type ChainReader,
  type ChainSpec,
  chainCommon,
  commonAt,
  type Executed,
  type Hash,
  type Header,
  headerHash,
  type StateReader,
} from '@ethspan/chain'
import {
  bytesToHex,
  type Clock,
  createPortableCrypto,
  EthspanError,
  equalBytes,
  type Logger,
  Serial,
  silentLogger,
  systemClock,
} from '@ethspan/core'
import type { Store } from '@ethspan/node'
import { type BlockPlan, type BuiltBlock, buildBlock, type Candidates } from './block/build-block.js'
import { executeBlock } from './block/execute-block.js'
import { estimateGas } from './call/estimate-gas.js'
import { type Message, messageOf } from './call/message.js'
import { overrideAccounts, overrideHeader, overridePrecompiles } from './call/overrides.js'
import { type Outcome, runMessage } from './call/run-message.js'
import { Ancestors } from './evm/ancestors.js'
import { Machine } from './evm/machine.js'
import { pointEvaluation } from './evm/point-evaluation.js'
import { Turns } from './evm/turns.js'
import { CALL_GAS_CAP, CALL_TIMEOUT_MS, MAX_BUILD_MS } from './limits.js'
import { proveAccount } from './read/prove-account.js'
import { keepGenesisState } from './state/genesis-state.js'
import { Retention } from './state/retention.js'
import { StateStore } from './state/state-store.js'
import { type StateChanges, WorldState } from './state/world-state.js'

export interface OpenExecutionOptions {
  /** The states' own: nothing else is in it. Whoever made it closes it. */
  readonly store: Store
  /** With the accounts of the genesis block. */
  readonly spec: ChainSpec
  /** Whose blocks are executed: for the hashes of ancestors. */
  readonly chain: ChainReader
  /**
   * States of so many newest blocks are kept at least; of twice as many at most, beside those that come while a large state is
   * copied or in one import. Older ones are dropped. Default: all are kept, and the store grows with every block.
   */
  readonly keepStates?: number
  /** Gas that a call may use, and an estimate may give. Default `CALL_GAS_CAP`. */
  readonly callGasCap?: bigint
  /** How long a call may take, milliseconds. Default `CALL_TIMEOUT_MS`. */
  readonly callTimeout?: number
  /** Default: the system's. */
  readonly clock?: Clock
  /** Default: says nothing. */
  readonly log?: Logger
}

/**
 * Opens the states of a chain; in an empty store it makes that of the genesis block.
 * @throws {EthspanError} ERR_DATA_DIR, one line with a hint, for a store that can't be used or is of another chain;
 * ERR_INVALID_OPTION, also for a chain whose genesis accounts are not known
 */
export async function openExecution(options: OpenExecutionOptions): Promise<Execution> {
  const { store, spec, keepStates, chain, log = silentLogger } = options
  if (keepStates !== undefined && !(Number.isSafeInteger(keepStates) && keepStates >= 1)) {
    throw new EthspanError(
      'ERR_INVALID_OPTION',
      `keepStates must be a whole number of blocks from 1, not ${keepStates}`,
    )
  }
  const { keccak256 } = await createPortableCrypto()
  const states = await StateStore.open(store, spec.genesis.hash, keccak256)
  await keepGenesisState(states, spec)
  const retention = keepStates === undefined ? undefined : new Retention({ states, chain, keep: keepStates, log })
  return new Execution(options, states, retention)
}

/** Of a block that there is not. */
const NO_BLOCK_HASH: Hash = new Uint8Array(32)

/** Runs blocks one after the other. Reads and calls go on beside them, each on a state of its own. */
export class Execution implements StateReader, BlockExecutor {
  readonly #options: Required<Pick<OpenExecutionOptions, 'spec' | 'clock' | 'log' | 'callGasCap' | 'callTimeout'>>
  readonly #states: StateStore
  readonly #retention: Retention | undefined
  readonly #ancestors: Ancestors
  /** Rules for blocks, and for calls, which change some. */
  readonly #rules: Common
  readonly #callRules: Common
  readonly #serial = new Serial()
  /** That of the block before; the next one is most likely of the same fork. */
  #machine: Machine | undefined
  /** The last block that was made here: it need not be run once more. */
  #built: (BuiltBlock & { readonly changes: StateChanges }) | undefined

  constructor(options: OpenExecutionOptions, states: StateStore, retention: Retention | undefined) {
    const { spec, chain, clock = systemClock, log = silentLogger } = options
    const { callGasCap = CALL_GAS_CAP, callTimeout = CALL_TIMEOUT_MS } = options
    this.#options = { spec, clock, log, callGasCap, callTimeout }
    this.#states = states
    this.#retention = retention
    this.#ancestors = new Ancestors(chain)
    const crypto = { keccak256: states.hash, kzg: pointEvaluation }
    this.#rules = chainCommon(spec.config, crypto)
    this.#callRules = chainCommon(spec.config, crypto)
  }

  /** Whether the block was executed here, and the state after it is still there. */
  hasState(header: Header): Promise<boolean> {
    return this.#states.has(headerHash(header))
  }

  execute(block: Block, parent: Header): Promise<Executed> {
    return this.#serial.run(() => this.#execute(block, parent))
  }

  async #execute(block: Block, parent: Header): Promise<Executed> {
    const { header, hash } = block
    const { number, stateRoot } = parent
    await this.#need(parent)
    await this.#retention?.beforeBlock({ number, hash: header.parentHash, stateRoot }).catch((error) => {
      this.#options.log.warn('old states are not dropped', { number, error })
    })
    const { changes, ...executed } = this.#takeBuilt(hash) ?? (await this.#run(block, parent))
    await this.#states.keep(changes, hash, header.parentHash)
    this.#ancestors.add(hash, header)
    return executed
  }

  async #run(block: Block, parent: Header): Promise<Executed & { readonly changes: StateChanges }> {
    const machine = await this.#machineFor(block.header, parent.stateRoot)
    const executed = await executeBlock(machine, block, this.#runOf(block.header))
    const changes = await machine.state.takeChanges()
    // Only now: one that failed half-way is not gone on with.
    this.#machine = machine
    return { ...executed, changes }
  }

  #takeBuilt(hash: Hash): (Executed & { readonly changes: StateChanges }) | undefined {
    const built = this.#built
    if (built === undefined || !equalBytes(built.block.hash, hash)) return undefined
    this.#built = undefined
    const { block, ...rest } = built
    return rest
  }

  /**
   * Makes a block on top of another, of the transactions that can be run. It is kept nowhere: whoever wants it in the chain
   * imports it, and so has its state kept.
   * @throws {EthspanError} ERR_STATE where the parent's state is not there
   */
  async buildBlock(parent: Header, plan: BlockPlan, candidates: Candidates): Promise<Block> {
    await this.#need(parent)
    const { clock, log, spec } = this.#options
    const place = { number: parent.number + 1n, time: plan.time }
    const machine = await this.#newMachine(this.#rules, place, parent.stateRoot)
    const end = clock.now() + MAX_BUILD_MS
    const built = await buildBlock({
      config: spec.config,
      parent,
      plan,
      candidates,
      machine,
      run: this.#runOf({ number: place.number, parentHash: headerHash(parent) }),
      hasTime: () => clock.now() < end,
      log,
    })
    // Made, a block may lack contracts without which it is invalid (EIP-8282). Run, it may not.
    if (!machine.common.isActivatedEIP(8282)) this.#built = { ...built, changes: await machine.state.takeChanges() }
    return built.block
  }

  async account(header: Header, address: Uint8Array): Promise<Account | undefined> {
    return (await this.#stateAt(header)).account(address)
  }

  async code(header: Header, address: Uint8Array): Promise<Uint8Array> {
    const state = await this.#stateAt(header)
    const account = await state.account(address)
    return account === undefined ? new Uint8Array(0) : state.code(account)
  }

  async storage(header: Header, address: Uint8Array, slot: Hash): Promise<Uint8Array> {
    const value = await (await this.#stateAt(header)).storage(address, slot)
    const word = new Uint8Array(32)
    word.set(value, 32 - value.length)
    return word
  }

  async proof(header: Header, address: Uint8Array, slots: readonly Hash[]): Promise<AccountProof> {
    await this.#need(header)
    return proveAccount(this.#states, header.stateRoot, address, slots)
  }

  async call(header: Header, request: CallRequest, { signal, overrides }: CallOptions = {}): Promise<CallResult> {
    await this.#need(header)
    const { callGasCap, callTimeout: timeout } = this.#options
    const { gas: asked = callGasCap } = request
    const gas = asked < callGasCap ? asked : callGasCap
    const message = messageOf(request)
    const { accounts = [], block } = overrides ?? {}
    const seen = overrideHeader(header, block)
    const machine = await this.#newMachine(this.#callRules, seen, header.stateRoot)
    const run = this.#runOf(header, { timeout, ...(signal && { signal }) })
    overridePrecompiles(machine, accounts)
    await overrideAccounts(machine.state, accounts, run.turns)
    try {
      const options = { header: seen, gas, isUncapped: true, blobBaseFee: block?.blobBaseFee }
      const { returnData, gasUsed, error } = await runMessage(machine, message, options, run)
      return { returnData, gasUsed, ...(error !== undefined && { error }) }
    } catch (error) {
      if (!(error instanceof EthspanError) || error.code !== 'ERR_EXECUTION') throw error
      throw new EthspanError('ERR_EXECUTION', `err: ${error.message} (supplied gas ${gas})`, { cause: error })
    }
  }

  async estimateGas(header: Header, request: CallRequest, { signal, overrides }: CallOptions = {}): Promise<bigint> {
    const { spec, callGasCap: gasCap, callTimeout: timeout } = this.#options
    const state = await this.#stateAt(header)
    const message = messageOf(request)
    const { accounts = [], block } = overrides ?? {}
    const seen = overrideHeader(header, block)
    const machine = await this.#newMachine(this.#rules, seen, header.stateRoot)
    const newRun = () => this.#runOf(header, { timeout, ...(signal && { signal }) })
    overridePrecompiles(machine, accounts)
    await overrideAccounts(state, accounts, newRun().turns)
    return estimateGas({
      header: seen,
      config: spec.config,
      message,
      gasCap,
      balance: (await state.account(message.from))?.balance ?? 0n,
      isTransfer: await isTransfer(message, state),
      gas: request.gas,
      run: async (gas): Promise<Outcome> => {
        await machine.standOn(header.stateRoot)
        const run = newRun()
        await overrideAccounts(machine.state, accounts, run.turns)
        const options = { header: seen, gas, isUncapped: false, blobBaseFee: block?.blobBaseFee }
        return runMessage(machine, message, options, run)
      },
    })
  }

  /** @throws {EthspanError} ERR_STATE */
  async #need(header: Header): Promise<void> {
    if (await this.hasState(header)) return
    const { number, stateRoot } = header
    const message = `the state of block ${number} is not there (0x${bytesToHex(stateRoot)})`
    throw new EthspanError('ERR_STATE', message, { fields: { number } })
  }

  async #stateAt(header: Header): Promise<WorldState> {
    await this.#need(header)
    return new WorldState(this.#states, header.stateRoot)
  }

  /** A run in or on a block. */
  #runOf(
    header: Pick<Header, 'number' | 'parentHash'>,
    limits: { readonly timeout?: number; readonly signal?: AbortSignal } = {},
  ) {
    return {
      turns: new Turns({ clock: this.#options.clock, ...limits }),
      // Only a call that gives its block a higher number asks for blocks from its own on.
      blockHash: async (number: bigint) =>
        number < header.number ? this.#ancestors.hashOf(number, header) : NO_BLOCK_HASH,
    }
  }

  async #machineFor(header: Header, root: Hash): Promise<Machine> {
    const machine = this.#machine
    this.#machine = undefined
    const common = commonAt(this.#rules, header)
    if (machine?.common.hardfork() !== common.hardfork()) return this.#newMachine(this.#rules, header, root)
    await machine.standOn(root)
    return machine
  }

  #newMachine(rules: Common, place: Pick<Header, 'number' | 'time'>, root: Hash): Promise<Machine> {
    return Machine.create({ common: commonAt(rules, place), source: this.#states, root })
  }
}

async function isTransfer({ to, data }: Message, state: WorldState): Promise<boolean> {
  if (to === undefined || data.length > 0) return false
  const account = await state.account(to)
  return account === undefined || (await state.code(account)).length === 0
}

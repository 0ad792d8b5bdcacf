// @ethereumjs' virtual machine, put on a state of ours and given what it lacks.
import type { Common } from '@ethereumjs/common'
import { createEVM } from '@ethereumjs/evm'
import { createVM, type VM } from '@ethereumjs/vm'
import type { Hash } from '@ethspan/chain'
import { bytesToHex, encodeRlp, keccak256 } from '@ethspan/core'
import { type StateSource, WorldState } from '../state/world-state.js'
import { precompilesInPieces } from './precompiles.js'
import { slowOpcodes } from './slow-opcodes.js'
import type { Turns } from './turns.js'

/** Every loop comes by here, and it does nothing but cost this gas. */
const JUMPDEST = 0x5b
const JUMPDEST_GAS = 1

export interface MachineOptions {
  /** The rules of the blocks it runs; nobody else has this object, because it is changed. */
  readonly common: Common
  readonly source: StateSource
  readonly root: Hash
}

/** What belongs to one run. */
export interface Run {
  readonly turns: Turns
  /** The hash of one of the block's last 256 ancestors. */
  blockHash(number: bigint): Promise<Hash>
}

/** A virtual machine for blocks of one fork. It is dear to make: half a millisecond. */
export class Machine {
  readonly vm: VM
  readonly state: WorldState
  readonly common: Common
  readonly #current: { run: Run | undefined }

  private constructor(vm: VM, state: WorldState, current: { run: Run | undefined }) {
    this.vm = vm
    this.state = state
    this.common = vm.common
    this.#current = current
  }

  static async create({ common, source, root }: MachineOptions): Promise<Machine> {
    const state = new WorldState(source, root)
    const current: { run: Run | undefined } = { run: undefined }
    const blockchain = {
      async getBlock(number: number) {
        const hash = await current.run!.blockHash(BigInt(number))
        return { hash: () => hash }
      },
      async putBlock() {},
      shallowCopy: () => blockchain,
    }
    const pause = async () => current.run?.turns.pause()
    const rest = async () => current.run?.turns.rest()
    const evm = await createEVM({
      common,
      stateManager: state,
      blockchain,
      customOpcodes: [
        { opcode: JUMPDEST, opcodeName: 'JUMPDEST', baseFee: JUMPDEST_GAS, logicFunction: async () => pause() },
        ...slowOpcodes(common, rest),
      ],
      customPrecompiles: precompilesInPieces(common, rest),
    })
    // Calls that call each other need no loop, and one may take long.
    evm.events.on('beforeMessage', (_message) => current.run?.turns.check())
    evm.events.on('beforeMessage', (_message, resolve) => void rest().then(resolve, resolve))
    const vm = await createVM({ common, stateManager: state, blockchain, evm })
    if (common.isActivatedEIP(7928)) listCreations(vm)
    return new Machine(vm, state, current)
  }

  /** Sets the state that is run on. */
  async standOn(root: Hash): Promise<void> {
    await this.state.setStateRoot(root)
  }

  /** Runs what `work` does with the machine. */
  async during<T>(run: Run, work: () => Promise<T>): Promise<T> {
    this.#current.run = run
    try {
      return await work()
    } finally {
      this.#current.run = undefined
    }
  }
}

/**
 * The address of a contract that a transaction shall create is looked at in any case, so it is in the block's access list, also
 * where the gas does not last for creating an account (EIP-7928, EIP-8037). The library leaves it out then.
 */
function listCreations(vm: VM): void {
  vm.events.on('afterTx', ({ transaction }) => {
    if (transaction.to !== undefined) return
    const sender = transaction.getSenderAddress().bytes
    const created = keccak256(encodeRlp([sender, transaction.nonce])).subarray(12)
    vm.evm.blockLevelAccessList?.addAddress(`0x${bytesToHex(created)}`)
  })
}

// Runs a block and holds what comes out to what its header says.
import type { Block as VmBlock } from '@ethereumjs/block'
import { EthereumJSError } from '@ethereumjs/util'
import { type RunBlockResult, runBlock, type TxReceipt } from '@ethereumjs/vm'
import {
  accessListHash,
  type Block,
  type Executed,
  encodeLogs,
  encodeReceipt69,
  type Header,
  invalidBlock,
} from '@ethspan/chain'
import { EthspanError, equalBytes } from '@ethspan/core'
import type { Machine, Run } from '../evm/machine.js'
import { vmBlock } from './vm-block.js'

/** What the library says first of a header that is not kept, and which field it is. */
const FIELDS: readonly (readonly [message: string, field: keyof Header])[] = [
  ['invalid requestsHash', 'requestsHash'],
  ['invalid receiptTrie', 'receiptsRoot'],
  ['invalid bloom', 'bloom'],
  ['invalid gasUsed', 'gasUsed'],
  ['invalid block stateRoot', 'stateRoot'],
  ['block access list gas limit', 'blockAccessListHash'],
]

/**
 * Runs a block on the state that the machine stands on. The machine is of no more use after a failure.
 * @throws {EthspanError} ERR_INVALID_BLOCK; ERR_STATE, ERR_DATA_DIR of the state that is read
 */
export async function executeBlock(machine: Machine, block: Block, run: Run): Promise<Executed> {
  const { header } = block
  let done = 0
  const count = () => done++
  machine.vm.events.on('afterTx', count)
  try {
    const vmb = await vmBlock(block, machine.common, run.turns)
    const result = await machine.during(run, () => runBlock(machine.vm, { block: vmb, skipBlockValidation: true }))
    const receipts = encodeReceipts(vmb, result.receipts)
    const accessList = result.blockLevelAccessList?.serialize()
    checkAccessList(header, accessList)
    return { receipts, ...(accessList !== undefined && { accessList }) }
  } catch (error) {
    throw blockError(error, header, done)
  } finally {
    machine.vm.events.off('afterTx', count)
  }
}

function checkAccessList(header: Header, accessList: Uint8Array | undefined): void {
  if (accessList === undefined || header.blockAccessListHash === undefined) return
  if (equalBytes(accessListHash(accessList), header.blockAccessListHash)) return
  throw invalidBlock(header, 'blockAccessListHash', 'is not that of what was accessed')
}

/** What stopped a block: a rule that it breaks, or something that is not its fault. */
function blockError(error: unknown, header: Header, index: number): unknown {
  if (error instanceof EthspanError && error.code === 'ERR_INVALID_TRANSACTION') {
    return invalidBlock(header, 'transactions', `can't be read: ${error.message}`, error)
  }
  if (!(error instanceof EthereumJSError)) return error
  const message = oneLine(error.message)
  for (const [start, field] of FIELDS) {
    if (message.startsWith(start)) return invalidBlock(header, field, 'is not what the execution gives', error)
  }
  if (message.startsWith('system contract')) return invalidBlock(header, 'requestsHash', `can't be: ${message}`, error)
  return invalidBlock(header, 'transactions', `[${index}]: ${message}`, error)
}

/** The library puts the whole block and transaction behind what it has to say. */
const oneLine = (message: string): string => message.split('\n')[0]!.replace(/ \(vm hf=.*$/, '')

/** @returns each as eth/69 has it */
export function encodeReceipts({ transactions }: VmBlock, receipts: RunBlockResult['receipts']): Uint8Array[] {
  return receipts.map((receipt, i) =>
    encodeReceipt69({
      type: transactions[i]!.type,
      postStateOrStatus: statusOf(receipt),
      cumulativeGasUsed: receipt.cumulativeBlockGasUsed,
      logs: encodeLogs(receipt.logs.map(([address, topics, data]) => ({ address, topics, data }))),
    }),
  )
}

/** The state root before Byzantium, after it whether it succeeded. */
function statusOf(receipt: TxReceipt): Uint8Array {
  if ('stateRoot' in receipt) return receipt.stateRoot
  return receipt.status === 1 ? Uint8Array.of(1) : new Uint8Array(0)
}

// Instructions that take long for what they cost. A program is a loop of others or it is short; but of these some ten thousand in a
// row, which is what fits into one, take seconds. So there is a look at the clock after each.
import type { Common } from '@ethereumjs/common'
import { type EVMOpts, getOpcodesForHF, paramsEVM } from '@ethereumjs/evm'

/** Those that compute much, and those that read the state. */
const SLOW: readonly number[] = [
  0x0a, // EXP
  0x20, // KECCAK256
  0x31, // BALANCE
  0x3b, // EXTCODESIZE
  0x3c, // EXTCODECOPY
  0x3f, // EXTCODEHASH
  0x40, // BLOCKHASH
  0x54, // SLOAD
  0x55, // SSTORE
  0x5e, // MCOPY
]

/**
 * The library's own, of these rules, each with a rest after it.
 * @param common is given the prices of the EVM, as an EVM that is made with it does
 */
export function slowOpcodes(common: Common, rest: () => Promise<void>): NonNullable<EVMOpts['customOpcodes']> {
  common.updateParams(paramsEVM)
  const { opcodes, handlers, dynamicGasHandlers } = getOpcodesForHF(common)
  return SLOW.flatMap((opcode) => {
    const info = opcodes.get(opcode)
    const run = handlers.get(opcode)
    if (info === undefined || run === undefined) return []
    const gasFunction = info.dynamicGas ? dynamicGasHandlers.get(opcode) : undefined
    const logicFunction: typeof run = async (state, rules) => {
      await run(state, rules)
      await rest()
    }
    return [{ opcode, opcodeName: info.name, baseFee: info.fee, logicFunction, ...(gasFunction && { gasFunction }) }]
  })
}

// What ended a call, in geth's words: programs read them.

/** By what @ethereumjs calls it. Source: geth, `core/vm/errors.go`. */
const TEXTS: Readonly<Record<string, string>> = {
  revert: 'execution reverted',
  'code store out of gas': 'contract creation code storage out of gas',
  'code size to deposit exceeds maximum code size': 'max code size exceeded',
  'initcode exceeds max initcode size': 'max initcode size exceeded',
  'invalid bytecode deployed': 'invalid code: must not begin with 0xef',
  'invalid JUMP': 'invalid jump destination',
  'static state change': 'write protection',
  'create collision': 'contract address collision',
  'insufficient balance': 'insufficient balance for transfer',
  'value out of range': 'gas uint64 overflow',
}

export const REVERTED = TEXTS.revert!
export const OUT_OF_GAS = 'out of gas'

/** The instruction that is defined as invalid; others are not defined at all. */
const INVALID = 0xfe

/**
 * @param error what the library says, also with where it happened behind it
 * @param opcode the instruction that was the last
 */
export function evmErrorText(error: string, opcode: number | undefined): string {
  const [what = error] = error.split(' at ')
  if (what !== 'invalid opcode' || opcode === undefined) return TEXTS[what] ?? what
  return `invalid opcode: ${opcode === INVALID ? 'INVALID' : `opcode 0x${opcode.toString(16)} not defined`}`
}

// What contracts there are without code can take minutes for the gas of one call, and the library runs each of them in one go.
// Here those go in pieces, with a look at the clock between them. Checks and prices stay the library's.
import type { Common } from '@ethereumjs/common'
import { type CustomPrecompile, getActivePrecompiles, type PrecompileInput } from '@ethereumjs/evm'
import { blake2f } from './blake2f.js'
import { blsG1Sum, blsG2Sum, blsPairing, bn254Pairing } from './curves.js'
import { modExp } from './mod-exp.js'
import type { Precompile } from './precompile.js'

/** By address. */
const IN_PIECES: Readonly<Record<number, Precompile>> = {
  5: modExp,
  8: bn254Pairing,
  9: blake2f,
  12: blsG1Sum,
  14: blsG2Sum,
  15: blsPairing,
}

/** For an EVM of these rules: those of them that there are. */
export function precompilesInPieces(common: Common, rest: () => Promise<void>): CustomPrecompile[] {
  const active = getActivePrecompiles(common)
  return Object.entries(IN_PIECES).flatMap(([address, inPieces]) => {
    const hex = Number(address).toString(16).padStart(40, '0')
    const library = active.get(hex)
    if (library === undefined) return []
    return [{ address: `0x${hex}` as const, function: (input: PrecompileInput) => inPieces(input, library, rest) }]
  })
}

// What accounts have, for pages that follow the chain without executing it: with a proof, which they check themselves.
import { type ChainReader, decodeHeader, type StateReader } from '@ethspan/chain'
import { bytesToHex, EthspanError, hexToBytes } from '@ethspan/core'

/**
 * The proof of an account in the state after a block, as `eth_getProof` has it; undefined where the state is not there.
 * @param address 40 hex digits
 * @param block hash, 64 hex digits
 */
export type AccountProofs = (address: string, block: string) => Promise<readonly string[] | undefined>

export function accountProofs(
  chain: Pick<ChainReader, 'header'>,
  state: Pick<StateReader, 'hasState' | 'proof'>,
): AccountProofs {
  return async (address, block) => {
    const raw = await chain.header(hexToBytes(block))
    if (raw === undefined) return undefined
    const header = decodeHeader(raw)
    try {
      if (!(await state.hasState(header))) return undefined
      const { accountProof } = await state.proof(header, hexToBytes(address), [])
      return accountProof.map((node) => `0x${bytesToHex(node)}`)
    } catch (error) {
      // Pruned since it was asked for.
      if (error instanceof EthspanError && error.code === 'ERR_STATE') return undefined
      throw error
    }
  }
}

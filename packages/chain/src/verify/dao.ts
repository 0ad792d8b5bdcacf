import { bytesToHex, equalBytes } from '@ethspan/core'
import type { Header } from '../block/header.js'
import type { ChainConfig } from '../config/chain-config.js'
import { invalidBlock } from './invalid-block.js'

/** Extra data that marks the blocks of the DAO fork. Source: geth, `params.DAOForkBlockExtra`. */
const DAO_EXTRA_DATA = new TextEncoder().encode('dao-hard-fork')
/** From the fork on. Source: geth, `params.DAOForkExtraRange`. */
const DAO_BLOCKS = 10n

/** The first blocks of a chain with the DAO fork are marked for it, those of a chain against it are not. */
export function verifyDaoExtraData(header: Header, { daoForkBlock, daoForkSupport = false }: ChainConfig): void {
  if (daoForkBlock === undefined) return
  const since = header.number - BigInt(daoForkBlock)
  if (since < 0n || since >= DAO_BLOCKS) return
  if (equalBytes(header.extraData, DAO_EXTRA_DATA) === daoForkSupport) return
  const what = daoForkSupport ? 'does not mark the DAO fork' : 'marks the DAO fork'
  throw invalidBlock(header, 'extraData', `0x${bytesToHex(header.extraData)} ${what}`)
}

import { createBlockHeaderFromRLP, Block as VmBlock } from '@ethereumjs/block'
import type { Common } from '@ethereumjs/common'
import type { TypedTransaction } from '@ethereumjs/tx'
import { createWithdrawal } from '@ethereumjs/util'
import { type Block, readTransaction } from '@ethspan/chain'
import type { Turns } from '../evm/turns.js'

/**
 * A block as @ethereumjs has it.
 * @param common the rules of its fork
 * @param turns of the work that this is a part of: a full block has thousands of transactions to read
 * @throws {EthspanError} ERR_INVALID_TRANSACTION
 */
export async function vmBlock(
  { header, body }: Pick<Block, 'header' | 'body'>,
  common: Common,
  turns: Turns,
): Promise<VmBlock> {
  // Who hands us a block has verified it; the library's own checks know neither Amsterdam's nor development chains' rules.
  const options = { common, skipConsensusFormatValidation: true }
  const transactions: TypedTransaction[] = []
  for (const transaction of body.transactions) {
    transactions.push(readTransaction(transaction, common))
    await turns.pause()
  }
  return new VmBlock(
    createBlockHeaderFromRLP(header.raw, options),
    transactions,
    body.uncles.map(({ raw }) => createBlockHeaderFromRLP(raw, options)),
    body.withdrawals?.map(createWithdrawal),
    options,
  )
}

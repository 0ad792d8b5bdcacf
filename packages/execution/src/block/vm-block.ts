import { createBlockHeaderFromRLP, Block as VmBlock } from '@ethereumjs/block'
import type { Common } from '@ethereumjs/common'
import { createWithdrawal } from '@ethereumjs/util'
import { type Block, readTransaction } from '@ethspan/chain'

/**
 * A block as @ethereumjs has it.
 * @param common the rules of its fork
 * @throws {EthspanError} ERR_INVALID_TRANSACTION
 */
export function vmBlock({ header, body }: Pick<Block, 'header' | 'body'>, common: Common): VmBlock {
  // Who hands us a block has verified it; the library's own checks know neither Amsterdam's nor development chains' rules.
  const options = { common, skipConsensusFormatValidation: true }
  return new VmBlock(
    createBlockHeaderFromRLP(header.raw, options),
    body.transactions.map((tx) => readTransaction(tx, common)),
    body.uncles.map(({ raw }) => createBlockHeaderFromRLP(raw, options)),
    body.withdrawals?.map(createWithdrawal),
    options,
  )
}

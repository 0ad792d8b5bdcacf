// Whether a body is the one that a header speaks of, and whether its block may have it.
import { type Common, Hardfork } from '@ethereumjs/common'
import { bytesToHex, equalBytes } from '@ethspan/core'
import { type Body, unclesHash } from '../block/body.js'
import { type Header, headerHash } from '../block/header.js'
import { commonAt } from '../config/common.js'
import { invalidBlock } from './invalid-block.js'
import { transactionsRoot, withdrawalsRoot } from './roots.js'
import { verifyTransactions } from './transactions.js'

/** A block with its header, bytes of RLP, from Osaka on. Source: EIP-7934; geth, `params.MaxBlockSize`. */
const MAX_BLOCK_BYTES = 8_388_608
/** How many blocks before its block an uncle's parent may be. Source: yellow paper, 11.1; geth, `VerifyUncles`. */
const MAX_UNCLE_AGE = 7n

/**
 * Why a body is not that of a header, in words for a log; undefined where it is. Whoever sent it lies, not the block.
 */
export async function bodyFault(header: Header, body: Body): Promise<string | undefined> {
  if (!equalBytes(unclesHash(body), header.ommersHash)) return 'the uncles are not those of the header'
  if (!equalBytes(await transactionsRoot(body.transactions), header.txsRoot)) {
    return 'the transactions are not those of the header'
  }
  const { withdrawalsRaw } = body
  if (header.withdrawalsRoot === undefined) {
    return withdrawalsRaw === undefined ? undefined : 'there are withdrawals, but none in the header'
  }
  if (withdrawalsRaw === undefined) return 'the withdrawals are missing'
  if (!equalBytes(await withdrawalsRoot(withdrawalsRaw), header.withdrawalsRoot)) {
    return 'the withdrawals are not those of the header'
  }
  return undefined
}

/**
 * Holds a body to the rules of its block's fork: size, uncles, and all of {@link verifyTransactions}. It must be the header's:
 * see {@link bodyFault}.
 * @param common the chain's rules.
 * @throws {EthspanError} ERR_INVALID_BLOCK
 */
export async function verifyBody(header: Header, body: Body, common: Common): Promise<void> {
  const bytes = header.raw.length + body.raw.length
  if (commonAt(common, header).gteHardfork(Hardfork.Osaka) && bytes > MAX_BLOCK_BYTES) {
    throw invalidBlock(header, 'transactions', `and all else take ${bytes} bytes, at most ${MAX_BLOCK_BYTES} may be`)
  }
  verifyUncles(header, body.uncles)
  await verifyTransactions(header, body, common)
}

/**
 * What can be told of uncles without the ancestors: each once, not too old, none of them a parent or a sibling. Their difficulty
 * and their own parents are not looked at.
 */
export function verifyUncles(header: Header, uncles: readonly Header[]): void {
  const seen = new Set([bytesToHex(header.parentHash)])
  for (const uncle of uncles) {
    const hash = bytesToHex(headerHash(uncle))
    const what = `hold 0x${hash}, `
    if (seen.has(hash)) throw invalidBlock(header, 'uncles', `${what}which is there already`)
    seen.add(hash)
    if (equalBytes(uncle.parentHash, header.parentHash)) throw invalidBlock(header, 'uncles', `${what}a sibling`)
    if (uncle.number >= header.number || uncle.number + MAX_UNCLE_AGE <= header.number) {
      throw invalidBlock(header, 'uncles', `${what}of number ${uncle.number}`)
    }
  }
}

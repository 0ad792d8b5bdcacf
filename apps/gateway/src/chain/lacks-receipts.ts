import { type ChainReader, decodeHeader, EMPTY_ROOT } from '@ethspan/chain'
import { equalBytes } from '@ethspan/core'

/** Blocks looked at, from the head back, for one that has receipts: the head itself may have none to have. */
const LOOK_BACK = 64n

/** Whether the newest blocks are here without their receipts: those of a file that was not executed. */
export async function lacksReceipts(
  chain: Pick<ChainReader, 'head' | 'earliest' | 'header' | 'canonicalHash' | 'receipts'>,
): Promise<boolean> {
  const { number: head } = chain.head()
  for (let number = head; number > 0n && number >= chain.earliest() && number > head - LOOK_BACK; number--) {
    const hash = await chain.canonicalHash(number)
    const raw = hash && (await chain.header(hash))
    if (raw === undefined || equalBytes(decodeHeader(raw).receiptsRoot, EMPTY_ROOT)) continue
    return (await chain.receipts(hash!)) === undefined
  }
  return false
}

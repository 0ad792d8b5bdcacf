import { type ChainReader, EMPTY_ROOT } from '@ethspan/chain'
import { bytesToHex, type Clock, equalBytes, type Logger } from '@ethspan/core'

/** Milliseconds between two lines while many blocks come: geth's `statsReportLimit`. */
const REPORT = 8_000

/**
 * Tells of new heads: of one block that has transactions, of many blocks now and then, and of every reorg. A single block
 * without transactions is for those who debug: a development chain makes one every few seconds.
 */
export function logHeads(
  chain: Pick<ChainReader, 'addEventListener'>,
  { log, clock, signal }: { readonly log: Logger; readonly clock: Clock; readonly signal: AbortSignal },
): void {
  let reportedAt = Number.NEGATIVE_INFINITY
  let since = 0
  const onHead: Parameters<typeof chain.addEventListener<'head'>>[1] = ({ head, added, removed }) => {
    const fields = { number: `${head.number}`, hash: `0x${bytesToHex(head.hash)}` }
    if (removed.length > 0) log.warn('chain reorg', { ...fields, removed: removed.length, added: added.length })
    if (added.length === 1 && since === 0) {
      const isEmpty = equalBytes(head.header.txsRoot, EMPTY_ROOT)
      log[isEmpty ? 'debug' : 'info']('new block', { ...fields, gas: `${head.header.gasUsed}` })
      return
    }
    since += added.length
    if (clock.now() - reportedAt < REPORT) return
    log.info('new blocks', { ...fields, blocks: since })
    reportedAt = clock.now()
    since = 0
  }
  chain.addEventListener('head', onHead, { signal })
}

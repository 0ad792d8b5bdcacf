// What the codes of messages mean, for the protocols this node speaks.
import type { PassedMessage } from '../client/client.js'

/**
 * By code. Source: rlpx.md, "p2p Capability"; eth.md; docs/peers-protocol.md, chat-protocol.md, head-protocol.md. Written out, so that a page whose
 * node lives in a worker loads no protocol for them.
 */
const names: Readonly<Record<string, readonly string[]>> = {
  'p2p/5': ['Hello', 'Disconnect', 'Ping', 'Pong'],
  'peers/1': ['Subscribe', 'Snapshot', 'Add', 'Remove'],
  'chat/1': ['History', 'Message'],
  'head/1': ['Follow', 'Head'],
}

/** Of all versions of eth that are spoken here. */
const ethNames: Readonly<Record<number, string>> = {
  0: 'Status',
  1: 'NewBlockHashes',
  2: 'Transactions',
  3: 'GetBlockHeaders',
  4: 'BlockHeaders',
  5: 'GetBlockBodies',
  6: 'BlockBodies',
  7: 'NewBlock',
  8: 'NewPooledTransactionHashes',
  9: 'GetPooledTransactions',
  10: 'PooledTransactions',
  15: 'GetReceipts',
  16: 'Receipts',
  17: 'BlockRangeUpdate',
  18: 'GetBlockAccessLists',
  19: 'BlockAccessLists',
}

/** `Ping`; `message 5` for a code that is not known. */
export function messageName({ protocol, code }: Pick<PassedMessage, 'protocol' | 'code'>): string {
  const known = protocol.startsWith('eth/')
    ? ethNames[code]
    : Object.hasOwn(names, protocol)
      ? names[protocol]?.[code]
      : undefined
  return known ?? `message ${code}`
}

/** `0x02`. */
export const codeText = (code: number): string => `0x${code.toString(16).padStart(2, '0')}`

// Block access lists, from eth/71 (EIP-8159). What is in one is opaque here; its hash is in the block's header.
import { invalidRlp, isRlpList, joinRlpList, splitRlpList } from '@ethspan/core'
import { joinAnswer, splitAnswer } from './fields.js'

/**
 * RLP of a block access list (EIP-7928), a view into the message; undefined where the peer does not have it. A list without
 * an entry is one like any other.
 */
export type BlockAccessList = Uint8Array | undefined

/** The empty string, since an empty list is a valid access list. Source: EIP-8159; geth: `serviceGetBlockAccessListsQuery`. */
const UNAVAILABLE = Uint8Array.of(0x80)

export const encodeBlockAccessLists = (requestId: bigint, lists: readonly BlockAccessList[]): Uint8Array =>
  joinAnswer(requestId, joinRlpList(lists.map((list) => list ?? UNAVAILABLE)))

/**
 * The lists are not looked into: bytes that hash as the header says are what the block's builder wrote.
 * @param max lists that were asked for
 * @throws {EthspanError} ERR_INVALID_RLP, ERR_MESSAGE_TOO_BIG
 */
export function decodeBlockAccessLists(
  payload: Uint8Array,
  max: number,
): { requestId: bigint; accessLists: BlockAccessList[] } {
  const { requestId, fields } = splitAnswer(payload, 'BlockAccessLists')
  const accessLists = splitRlpList(fields[0]!, 'access lists', { max }).map((list) => {
    if (isRlpList(list)) return list
    if (list.length !== 1 || list[0] !== UNAVAILABLE[0]) throw invalidRlp('access list: expected a list, or nothing')
    return undefined
  })
  return { requestId, accessLists }
}

// BlockBodies, and the whole blocks and their announcements that eth/68 still has.
import {
  type Body,
  type BodyFields,
  decodeBody,
  decodeHeader,
  encodeBody,
  expectHash,
  expectUint64,
  type Hash,
  type Header,
} from '@ethspan/chain'
import { decodeRlp, encodeRlp, expectBigUint, expectList, joinRlpList, splitRlpList } from '@ethspan/core'
import { MAX_ANNOUNCED_BLOCKS } from '../limits.js'
import { checkSize, joinAnswer, splitAnswer } from './fields.js'

/** @param bodies RLP of each */
export const encodeBlockBodies = (requestId: bigint, bodies: readonly Uint8Array[]): Uint8Array =>
  joinAnswer(requestId, joinRlpList(bodies))

/** @param max bodies that were asked for. @throws {EthspanError} ERR_INVALID_RLP, ERR_MESSAGE_TOO_BIG */
export function decodeBlockBodies(payload: Uint8Array, max: number): { requestId: bigint; bodies: Body[] } {
  const { requestId, fields } = splitAnswer(payload, 'BlockBodies')
  return { requestId, bodies: splitRlpList(fields[0]!, 'bodies', { max }).map(decodeBody) }
}

/** A block that a node of eth/68 announces. */
export interface BlockAnnouncement {
  readonly hash: Hash
  readonly number: bigint
}

export const encodeNewBlockHashes = (blocks: readonly BlockAnnouncement[]): Uint8Array =>
  encodeRlp(blocks.map(({ hash, number }) => [hash, number]))

/** @throws {EthspanError} ERR_INVALID_RLP, ERR_MESSAGE_TOO_BIG */
export function decodeNewBlockHashes(payload: Uint8Array): BlockAnnouncement[] {
  checkSize(payload)
  return expectList(decodeRlp(payload), 'NewBlockHashes', { max: MAX_ANNOUNCED_BLOCKS }).map((item) => {
    const [hash, number] = expectList(item, 'announced block', { min: 2, max: 2 })
    return { hash: expectHash(hash, 'block hash'), number: expectUint64(number, 'block number') }
  })
}

/** A whole block, as nodes of eth/68 send it before the merge. */
export interface NewBlock {
  readonly header: Header
  /** Its `raw` is as BlockBodies would have it, encoded here. */
  readonly body: Body
  readonly totalDifficulty: bigint
}

/** `[[header, transactions, uncles, withdrawals?], total-difficulty]`. */
export function encodeNewBlock(header: Pick<Header, 'raw'>, body: BodyFields, totalDifficulty: bigint): Uint8Array {
  const parts = splitRlpList(encodeBody(body), 'block body', { max: 3 })
  return joinRlpList([joinRlpList([header.raw, ...parts]), encodeRlp(totalDifficulty)])
}

/** @throws {EthspanError} ERR_INVALID_RLP, ERR_MESSAGE_TOO_BIG */
export function decodeNewBlock(payload: Uint8Array): NewBlock {
  checkSize(payload)
  const [block, totalDifficulty] = splitRlpList(payload, 'NewBlock', { min: 2, max: 2 })
  const [header, ...parts] = splitRlpList(block!, 'block', { min: 3, max: 4 })
  return {
    header: decodeHeader(header!),
    body: decodeBody(joinRlpList(parts)),
    totalDifficulty: expectBigUint(decodeRlp(totalDifficulty!), 'total difficulty'),
  }
}

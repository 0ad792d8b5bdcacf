// The messages of `head/1`, specified in docs/head-protocol.md.
import { decodeHeader, type Hash, type Header, headerHash } from '@ethspan/chain'
import { EthspanError, encodeRlp, equalBytes } from '@ethspan/core'
import { MAX_HEAD_BYTES } from '../limits.js'

/** Message codes of `head/1`. */
export const HeadMsg = { Follow: 0x00, Head: 0x01 } as const

/** A block that a peer calls its head. */
export interface ToldHead {
  /** Of the header's bytes, computed here. */
  readonly hash: Hash
  readonly header: Header
}

const EMPTY_LIST = encodeRlp([])

/** `[]`. */
export const encodeFollow = (): Uint8Array => EMPTY_LIST

/** @throws {EthspanError} ERR_PROTOCOL */
export function checkFollow(payload: Uint8Array): void {
  if (!equalBytes(payload, EMPTY_LIST)) throw headBreach('sent a Follow that is no empty list')
}

/** The header as blocks have it, and nothing else: all that there is to tell follows from it. */
export const encodeHead = ({ raw }: Pick<Header, 'raw'>): Uint8Array => raw

/** @throws {EthspanError} ERR_PROTOCOL for more than {@link MAX_HEAD_BYTES}; ERR_INVALID_RLP */
export function decodeHead(payload: Uint8Array): ToldHead {
  if (payload.length > MAX_HEAD_BYTES) throw headBreach(`sent a Head of ${payload.length} bytes`)
  const header = decodeHeader(payload)
  return { hash: headerHash(header), header }
}

export const headBreach = (what: string): EthspanError => new EthspanError('ERR_PROTOCOL', `head/1: the peer ${what}`)

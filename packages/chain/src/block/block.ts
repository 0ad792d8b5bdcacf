import type { Body } from './body.js'
import type { Hash } from './fields.js'
import type { Header } from './header.js'

/** A block with the hash of its header. */
export interface Block {
  readonly hash: Hash
  readonly header: Header
  readonly body: Body
}

// The namespace debug, as far as it reads the chain: blocks and what is in them as bytes. Geth: `DebugAPI`.
import { decodeReceipt69, receiptConsensusBytes } from '@ethspan/chain'
import { joinRlpList, splitRlpList } from '@ethspan/core'
import type { Api } from '@ethspan/node'
import { params } from '@ethspan/rpc'
import { failed } from './errors.js'
import type { Backend } from './eth/backend.js'
import { findBlock, findHeader } from './eth/blocks.js'
import { storedReceipts } from './eth/receipts.js'
import { rawTransaction } from './eth/transactions.js'
import { type Hex, hex } from './format/hex.js'
import { type BlockSelector, blockSelector } from './params/block.js'
import { hash } from './params/hex.js'
import { required } from './params/reader.js'

/** What geth says instead of null where bytes are asked for. */
const NO_BYTES: Hex = '0x'
const BODY_PARTS = 3

/** `debug_getRawHeader`, `debug_getRawBlock`, `debug_getRawReceipts`, `debug_getRawTransaction`. */
export function debugApi(backend: Backend): Api {
  const read = (sent: readonly unknown[]): BlockSelector => {
    const [selector] = params.readParams<[BlockSelector]>(sent, required(blockSelector))
    // geth looks at the hash alone.
    return typeof selector === 'object' ? { ...selector, requireCanonical: false } : selector
  }
  return {
    namespace: 'debug',
    methods: {
      getRawHeader: async (sent) => {
        const selector = read(sent)
        if (typeof selector === 'object') {
          const found = await findHeader(backend, selector)
          if (found === undefined) throw notFound('header', selector.hash)
          return hex(found.header.raw)
        }
        const block = await findBlock(backend, selector)
        return block === undefined ? NO_BYTES : hex(block.header.raw)
      },
      getRawBlock: async (sent) => {
        const selector = read(sent)
        const block = await findBlock(backend, selector)
        if (block !== undefined) {
          const { header, body } = block
          return hex(joinRlpList([header.raw, ...splitRlpList(body.raw, 'block body', { max: BODY_PARTS + 1 })]))
        }
        if (typeof selector === 'object') throw notFound('block', selector.hash)
        return NO_BYTES
      },
      getRawReceipts: async (sent) => {
        const selector = read(sent)
        const block = await findBlock(backend, selector)
        if (block === undefined) return typeof selector === 'object' ? [] : null
        const stored = await storedReceipts(backend, block)
        return stored.map((raw) => hex(receiptConsensusBytes(decodeReceipt69(raw))))
      },
      getRawTransaction: async (sent) => {
        const [of] = params.readParams<[Uint8Array]>(sent, required(hash))
        return (await rawTransaction(backend, of)) ?? NO_BYTES
      },
    },
  }
}

/** geth writes the bytes of the hash in decimal. */
const notFound = (what: string, of: Uint8Array) => failed(`${what} #[${of.join(' ')}] not found`)

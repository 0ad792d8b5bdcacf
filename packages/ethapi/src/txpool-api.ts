// The namespace txpool: what waits to be mined. Geth: `TxPoolAPI`.
import { toChecksumAddress } from '@ethereumjs/util'
import type { BySender, PooledTransaction, TransactionPool } from '@ethspan/chain'
import { bytesToHex } from '@ethspan/core'
import type { Api } from '@ethspan/node'
import { params } from '@ethspan/rpc'
import { failed } from './errors.js'
import type { Backend } from './eth/backend.js'
import { hex, quantity } from './format/hex.js'
import { feeCap } from './format/prices.js'
import { transactionJson } from './format/transaction.js'
import { address } from './params/hex.js'
import { required } from './params/reader.js'

/** `txpool_status`, `txpool_content`, `txpool_contentFrom`, `txpool_inspect`. */
export function txpoolApi(backend: Pick<Backend, 'pool'>): Api {
  const { noParams, readParams } = params
  const pool = (): TransactionPool => {
    if (backend.pool === undefined) throw failed('the node has no pool')
    return backend.pool
  }
  return {
    namespace: 'txpool',
    methods: {
      status: (sent) => {
        noParams(sent)
        const { pending, queued } = pool().counts()
        return { pending: quantity(pending), queued: quantity(queued) }
      },
      content: (sent) => {
        noParams(sent)
        return bySender(pool(), tell)
      },
      contentFrom: (sent) => {
        const [of] = readParams<[Uint8Array]>(sent, required(address))
        const listed = (all: BySender) => byNonce(all.get(bytesToHex(of)) ?? [], tell)
        return { pending: listed(pool().pending()), queued: listed(pool().queued()) }
      },
      inspect: (sent) => {
        noParams(sent)
        return bySender(pool(), summary)
      },
    },
  }
}

type Tell = (transaction: PooledTransaction) => unknown

const tell: Tell = (transaction) => transactionJson(transaction, undefined)

function bySender(pool: TransactionPool, tellOne: Tell) {
  const listed = (all: BySender) => {
    return Object.fromEntries(
      [...all].map(([sender, list]) => [toChecksumAddress(`0x${sender}`), byNonce(list, tellOne)]),
    )
  }
  return { pending: listed(pool.pending()), queued: listed(pool.queued()) }
}

const byNonce = (list: readonly PooledTransaction[], tellOne: Tell) =>
  Object.fromEntries(list.map((it) => [it.tx.nonce.toString(), tellOne(it)]))

const summary: Tell = ({ tx }) => {
  const to = tx.to === undefined ? 'contract creation' : toChecksumAddress(hex(tx.to.bytes))
  return `${to}: ${tx.value} wei + ${tx.gasLimit} gas × ${feeCap(tx)} wei`
}

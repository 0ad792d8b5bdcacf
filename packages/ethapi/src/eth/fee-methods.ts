// The methods of eth that say what gas costs.
import { blobBaseFee, isForked, nextBaseFee } from '@ethspan/chain'
import type { ApiMethod } from '@ethspan/node'
import { params } from '@ethspan/rpc'
import { quantity, quantityOrNull } from '../format/hex.js'
import { type BlockNumber, blockNumber } from '../params/block.js'
import { hexOrDecimal } from '../params/hex.js'
import { list, type Reader, required, Unreadable } from '../params/reader.js'
import type { Backend } from './backend.js'
import { FeeHistory } from './fee-history.js'
import { PriceOracle } from './price-oracle.js'

const percentile: Reader<number> = (value) => {
  if (typeof value !== 'number') throw new Unreadable('expected a number')
  return value
}

export function feeMethods(backend: Backend): Readonly<Record<string, ApiMethod>> {
  const oracle = new PriceOracle(backend)
  const history = new FeeHistory(backend)
  const { noParams, readParams } = params
  return {
    gasPrice: async (sent) => {
      noParams(sent)
      const tip = await oracle.suggestTip()
      return quantity(tip + (backend.chain.head().header.baseFeePerGas ?? 0n))
    },
    maxPriorityFeePerGas: async (sent) => {
      noParams(sent)
      return quantity(await oracle.suggestTip())
    },
    baseFee: (sent) => {
      noParams(sent)
      const { config } = backend.chain
      const { header, number, time } = backend.chain.head()
      // Of the next block, which has none before London.
      return isForked(config, 'londonBlock', { number: number + 1n, time })
        ? quantity(nextBaseFee(header, config))
        : null
    },
    blobBaseFee: (sent) => {
      noParams(sent)
      const { chain } = backend
      return quantityOrNull(blobBaseFee(chain.head().header, chain.config))
    },
    feeHistory: (sent, { signal }) => {
      const [blockCount, lastBlock, percentiles] = readParams<[bigint, BlockNumber, readonly number[]]>(
        sent,
        required(hexOrDecimal),
        required(blockNumber),
        required(list(percentile)),
      )
      return history.ask({ blockCount, lastBlock, percentiles }, signal)
    },
  }
}

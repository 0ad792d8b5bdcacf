// Messages of any content that the protocol allows, and damaged ones.
import fc from 'fast-check'
import { hash, uint64 } from '../../chain/test/support/arbitraries.js'
import type { BlockRange, ForkId, Status68, Status69, TransactionAnnouncement } from '../src/index.js'

export * from '../../chain/test/support/arbitraries.js'
export const hashes = fc.array(hash, { maxLength: 8 })

const forkId: fc.Arbitrary<ForkId> = fc.record({ hash: fc.integer({ min: 0, max: 2 ** 32 - 1 }), next: uint64 })
export const range: fc.Arbitrary<BlockRange> = fc.record({ earliest: uint64, latest: uint64, latestHash: hash })
const base = { networkId: uint64, genesisHash: hash, forkId }
const version = fc.integer({ min: 0, max: 2 ** 32 - 1 })
export const status68: fc.Arbitrary<Status68> = fc.record({
  ...base,
  version,
  totalDifficulty: fc.bigInt(0n, 2n ** 256n - 1n),
  bestHash: hash,
})
export const status69: fc.Arbitrary<Status69> = fc.record({ ...base, version, range })

export const announcement: fc.Arbitrary<TransactionAnnouncement> = fc.record({
  hash,
  type: fc.nat(255),
  size: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
})

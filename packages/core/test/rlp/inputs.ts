import * as fc from 'fast-check'
import type { RlpInput } from '../../src/rlp/rlp.js'

/** Anything that can be encoded and reads back as it was, text apart. */
export const inputs = fc.letrec<{ item: RlpInput }>((tie) => ({
  item: fc.oneof(
    { maxDepth: 6 },
    fc.uint8Array({ maxLength: 80 }),
    fc.maxSafeNat(),
    fc.bigInt({ min: 0n, max: 2n ** 256n }),
    fc.array(tie('item'), { maxLength: 12 }),
  ),
})).item

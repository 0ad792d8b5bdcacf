import { expect, test } from 'vitest'
import { bodyFault, chainCommon, decodeReceipt69, receiptsFault, verifyBody, verifyHeader } from '../../src/index.js'
import { testBlocks, testSpec } from '../../src/testing/index.js'

test('a tab holds blocks to the rules of their fork, and blames who lies', async () => {
  for (const fork of ['paris', 'cancun', 'amsterdam'] as const) {
    const spec = testSpec({ fork })
    const common = chainCommon(spec.config)
    let parent = spec.genesis.header
    for (const { header, body, receipts } of await testBlocks({ count: 3, spec, transactions: 10 })) {
      const decoded = receipts.map(decodeReceipt69)
      expect(() => verifyHeader(header, parent, spec.config)).not.toThrow()
      expect(await bodyFault(header, body)).toBeUndefined()
      await verifyBody(header, body, common)
      expect(await receiptsFault(header, decoded)).toBeUndefined()
      expect(await receiptsFault(header, decoded.slice(1))).toBe('the receipts are not those of the header')
      parent = header
    }
  }
})

import { bytesToHex } from '@ethspan/core'
import { expect, test } from 'vitest'
import { type ChainSpec, headerHash, holeskySpec, hoodiSpec, mainnetSpec, sepoliaSpec } from '../../src/index.js'

/** Sources: geth, params/config.go; holesky: its repository of genesis data. */
test.each<[string, ChainSpec, bigint, string]>([
  ['mainnet', mainnetSpec, 1n, 'd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3'],
  ['sepolia', sepoliaSpec, 11155111n, '25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9'],
  ['hoodi', hoodiSpec, 560048n, 'bbe312868b376a3001692a646dd2d7d1e4406380dfd86b98aa8a34d1557c971b'],
  ['holesky', holeskySpec, 17000n, 'b5f7f912443c940f21fd611f12828d75b534364ed9e95ca4e307729a4661bde4'],
])('the genesis block of %s has the hash that all know it by', (_, spec, networkId, hash) => {
  expect(bytesToHex(headerHash(spec.genesis.header))).toBe(hash)
  expect(bytesToHex(spec.genesis.hash)).toBe(hash)
  expect(bytesToHex(spec.forks.genesisHash)).toBe(hash)
  expect(spec.networkId).toBe(networkId)
})

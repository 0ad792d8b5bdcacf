import { chainSpec, hoodiSpec, parseGenesis } from '@ethspan/chain'
import { testSpec } from '@ethspan/chain/testing'
import { expect, test } from 'vitest'
import { genesisJson } from '../src/chain/genesis-json.js'

const account = {
  address: new Uint8Array(20).fill(0xaa),
  balance: 2n ** 200n,
  nonce: 0n,
  code: new Uint8Array(0),
  storage: [],
}
const word = (byte: number) => new Uint8Array(32).fill(byte)
const contract = {
  address: new Uint8Array(20).fill(0xbb),
  balance: 0n,
  nonce: 1n,
  code: Uint8Array.of(0x60, 0x00),
  storage: [[word(1), word(2)]] as const,
}

test.each(['paris', 'cancun', 'amsterdam'] as const)('a page makes the same genesis block of it: %s', async (fork) => {
  const spec = testSpec({ fork, genesis: { alloc: [account, contract], timestamp: 99n, extraData: Uint8Array.of(1) } })
  const again = await chainSpec(parseGenesis(JSON.parse(genesisJson(spec) ?? '')), spec.networkId)
  expect(again.genesis.hash).toEqual(spec.genesis.hash)
  expect(again.forks).toEqual(spec.forks)
  expect(again.config).toMatchObject(spec.config)
  expect(again.alloc).toEqual(spec.alloc)
})

test('there is none of a public network, whose accounts are not known', () => {
  expect(genesisJson(hoodiSpec)).toBeUndefined()
})

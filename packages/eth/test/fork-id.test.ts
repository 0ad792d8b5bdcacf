import { type ChainForks, chainForks, holeskySpec, hoodiSpec, mainnetSpec, sepoliaSpec } from '@ethspan/chain'
import { decodeRlp, EthspanError, encodeRlp, hexToBytes } from '@ethspan/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { forkIdRlp, readForkId } from '../src/fork-id.js'
import { checkForkId, forkId } from '../src/index.js'
import {
  type Creation,
  eip2124Creation,
  eip2124Validation,
  eip6122Creation,
  eip6122Validation,
  gethCreation,
  gethValidation,
  gethValidationByBlock,
  holeskyCreation,
  type Validation,
} from './fork-id-vectors.js'

function creates(chain: ChainForks, vectors: readonly Creation[]) {
  for (const [head, time, hash, next] of vectors) {
    const id = forkId(chain, { number: BigInt(head), time: BigInt(time) })
    expect(id, `block ${head} at ${time}`).toEqual({ hash, next: BigInt(next) })
  }
}

function validates(chain: ChainForks, vectors: readonly Validation[]) {
  for (const [i, [head, time, hash, next, fault]] of vectors.entries()) {
    const found = checkForkId(chain, { number: BigInt(head), time: BigInt(time) }, { hash, next: BigInt(next) })
    expect(found, `vector ${i}`).toBe(fault)
  }
}

describe('the ids of', () => {
  test('mainnet, sepolia and hoodi are those of geth', () => {
    creates(mainnetSpec.forks, gethCreation.mainnet)
    creates(sepoliaSpec.forks, gethCreation.sepolia)
    creates(hoodiSpec.forks, gethCreation.hoodi)
  })

  test('holesky are those of geth', () => creates(holeskySpec.forks, holeskyCreation))

  test.each(Object.entries(eip2124Creation))('%s are those of EIP-2124', (_, { genesis, forks, ids }) => {
    creates({ genesisHash: hexToBytes(genesis), byBlock: forks, byTime: [] }, ids)
  })

  const withdrawals: ChainForks = {
    ...mainnetSpec.forks,
    byBlock: [...mainnetSpec.forks.byBlock, 18000000n],
    byTime: [1668000000n],
  }
  test('a chain with a fork by time are those of EIP-6122', () => creates(withdrawals, eip6122Creation))
  test('remotes are judged as EIP-6122 judges them', () => validates(withdrawals, eip6122Validation))
})

describe('remote ids are judged', () => {
  const byBlock = { ...mainnetSpec.forks, byTime: [] }
  test('by blocks alone as geth does', () => validates(byBlock, gethValidationByBlock))
  test('by blocks and times as geth does', () => validates(mainnetSpec.forks, gethValidation))
  test('as EIP-2124 does', () => {
    const { genesis, forks } = eip2124Creation.mainnet!
    validates({ genesisHash: hexToBytes(genesis), byBlock: forks, byTime: [] }, eip2124Validation)
  })

  test('a chain gets on with itself, however far each side has come', () => {
    const heads = fc.record({ number: fc.bigInt(0n, 40_000_000n), time: fc.bigInt(0n, 2_000_000_000n) })
    fc.assert(
      fc.property(heads, heads, (here, there) => {
        // Time goes on with blocks: a fork by time is never before one by block.
        const settled = (head: typeof here) => (head.number < 15_050_000n ? { ...head, time: 0n } : head)
        const remote = forkId(mainnetSpec.forks, settled(there))
        expect(checkForkId(mainnetSpec.forks, settled(here), remote)).toBeUndefined()
      }),
    )
  })
})

describe('forks', () => {
  const hash = new Uint8Array(32)

  test('that the genesis block starts with do not count', () => {
    const time = 1690475657
    for (const [shanghaiTime, cancunTime] of [
      [time - 1, time + 1],
      [time, time + 1],
      [time + 1, time + 2],
    ] as const) {
      const chain = chainForks(
        { config: { homesteadBlock: 0, shanghaiTime, cancunTime }, timestamp: BigInt(time) },
        hash,
      )
      const { hash: sum, next } = forkId(chain, { number: 0n, time: BigInt(time) })
      expect([sum, next]).toEqual([0x190a55ad, BigInt(time + 1)]) // CRC-32 of 32 zeros
    }
  })

  test('a genesis hash has 32 bytes', () => {
    expect(() => chainForks({ config: {}, timestamp: 0n }, new Uint8Array(31))).toThrow(EthspanError)
  })
})

test('ids are written as geth writes them', () => {
  for (const [hash, next, hex] of [
    [0, 0n, 'c6840000000080'],
    [0xdeadbeef, 0xbaddcafen, 'ca84deadbeef84baddcafe'],
    [0xffffffff, 2n ** 64n - 1n, 'ce84ffffffff88ffffffffffffffff'],
  ] as const) {
    expect(encodeRlp(forkIdRlp({ hash, next }))).toEqual(hexToBytes(hex))
    expect(readForkId(decodeRlp(hexToBytes(hex)))).toEqual({ hash, next })
  }
})

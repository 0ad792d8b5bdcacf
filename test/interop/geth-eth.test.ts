// The eth protocol against geth itself: every version that both speak, over TCP, with geth's own chain.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  accessListHash,
  type ChainForks,
  chainForks,
  decodeLogs,
  type Header,
  headerHash,
  logsBloom,
  parseGenesis,
  unclesHash,
} from '@ethspan/chain'
import {
  DisconnectError,
  DiscReason,
  decodeRlp,
  deferred,
  expectBytes,
  expectList,
  type MsgReadWriter,
  type Peer,
} from '@ethspan/core'
import {
  type EthChain,
  EthMsg,
  type EthPeer,
  type EthVersion,
  encodeStatus,
  ethProtocols,
  localStatus,
  PROTOCOL_LENGTHS,
} from '@ethspan/eth'
import { describe, expect, test } from 'vitest'
import { all, allReceipts, BATCH, batches, dial } from './eth-fetch.js'
import { readTestGenesis, startGeth, TEST_CHAIN_BLOCKS, TEST_CHAIN_NETWORK_ID, testChainFolder } from './geth-node.js'

/** A chain of which there is nothing but the genesis block's hash. */
async function emptyChain(folder: string): Promise<EthChain> {
  // The hash of the genesis block is in block 1, the first of the file, as its parent.
  const file = await readFile(join(folder, 'chain.rlp'))
  const prefix = file[0]! - 0xf7
  const item = decodeRlp(file.subarray(0, 1 + prefix + file.readUIntBE(1, prefix)))
  const header = expectList(expectList(item, 'block')[0], 'header')
  const forks: ChainForks = chainForks(
    parseGenesis(await readTestGenesis(folder)),
    Uint8Array.from(expectBytes(header[0], 'parent hash', 32)),
  )
  return {
    networkId: TEST_CHAIN_NETWORK_ID,
    forks,
    head: () => ({ number: 0n, time: 0n, hash: forks.genesisHash }),
    earliest: () => 0n,
    header: () => undefined,
    body: () => undefined,
    receipts: () => undefined,
  }
}

async function allHeaders(peer: EthPeer, genesisHash: Uint8Array): Promise<Header[]> {
  const numbers = batches(Array.from({ length: TEST_CHAIN_BLOCKS }, (_, i) => BigInt(i + 1)))
  const headers = (
    await Promise.all(numbers.map(([origin]) => peer.getBlockHeaders({ origin: origin!, limit: BATCH })))
  ).flat()
  let parent = genesisHash
  for (const [i, header] of headers.entries()) {
    expect(header.number).toBe(BigInt(i + 1))
    expect(header.parentHash, `parent of block ${header.number}`).toEqual(parent)
    parent = headerHash(header)
  }
  expect(headers).toHaveLength(TEST_CHAIN_BLOCKS)
  expect(peer.range).toEqual({ earliest: 0n, latest: BigInt(TEST_CHAIN_BLOCKS), latestHash: parent })
  return headers
}

describe.each([69, 70, 71] as const)('eth/%i', (version: EthVersion) => {
  test('all of the chain of a geth is fetched', async () => {
    const folder = await testChainFolder()
    const geth = await startGeth(folder)
    const chain = await emptyChain(folder)
    const connected = deferred<EthPeer>()
    await dial(geth.enode, ethProtocols({ chain, versions: [version], handlers: { connected: connected.resolve } }))
    const peer = await connected.promise
    expect(peer.version).toBe(version)

    const start = performance.now()
    const headers = await allHeaders(peer, chain.forks.genesisHash)
    const hashes = headers.map(headerHash)
    const bodies = await all(hashes, (some) => peer.getBlockBodies(some))
    // Its receipts alone are larger than a message may be: before eth/70 nobody can fetch them, other geths included.
    const heaviest = headers.reduce((a, b) => (a.gasUsed > b.gasUsed ? a : b))
    const at = Number(heaviest.number) - 1
    const receipts =
      version < 70
        ? [
            ...(await allReceipts(peer, hashes.slice(0, at))),
            undefined,
            ...(await allReceipts(peer, hashes.slice(at + 1))),
          ]
        : await allReceipts(peer, hashes)
    const ms = performance.now() - start

    let transactions = 0
    for (const [i, header] of headers.entries()) {
      const [body, ofBlock] = [bodies[i]!, receipts[i]]
      transactions += body.transactions.length
      expect(unclesHash(body)).toEqual(header.ommersHash)
      if (ofBlock === undefined) continue
      expect(ofBlock.map(({ type }) => type)).toEqual(body.transactions.map(({ type }) => type))
      expect(logsBloom(ofBlock.flatMap(decodeLogs)), `bloom of block ${header.number}`).toEqual(header.bloom)
      // From Amsterdam on a block counts its gas otherwise than its receipts do.
      if (header.blockAccessListHash === undefined) {
        expect(ofBlock.at(-1)?.cumulativeGasUsed ?? 0n, `gas of block ${header.number}`).toBe(header.gasUsed)
      }
    }
    expect([headers.length, bodies.length, receipts.length]).toEqual(Array(3).fill(TEST_CHAIN_BLOCKS))
    console.log(
      `eth/${version}: ${TEST_CHAIN_BLOCKS} headers, bodies and receipts, ${transactions} transactions, ${ms.toFixed(0)} ms`,
    )

    if (version < 70) {
      await expect(peer.getReceipts([hashes[at]!])).rejects.toMatchObject({ code: 'ERR_MESSAGE_TOO_BIG' })
    }
    if (version < 71) return
    // geth keeps those that it made when it executed the blocks; before Amsterdam there are none, and it says so.
    const last = headers.slice(-10)
    const lists = await peer.getBlockAccessLists([...last.map(headerHash), hashes[0]!])
    expect(lists.map((list) => list && accessListHash(list))).toEqual([
      ...last.map(({ blockAccessListHash }) => blockAccessListHash),
      undefined,
    ])
  })
})

describe('geth refuses', () => {
  /** How geth says goodbye to a node of this chain that does not look at geth's own Status. */
  async function refusal(wrong: (chain: EthChain) => EthChain): Promise<unknown> {
    const folder = await testChainFolder()
    const geth = await startGeth(folder)
    const chain = wrong(await emptyChain(folder))
    const dropped = deferred<unknown>()
    const run = async (peer: Peer, rw: MsgReadWriter) => {
      await rw.write(EthMsg.Status, encodeStatus(localStatus(69, chain)))
      for await (const { code } of rw) expect(code).toBe(EthMsg.Status)
      dropped.resolve(peer.signal.reason)
    }
    await dial(geth.enode, [{ name: 'eth', version: 69, length: PROTOCOL_LENGTHS[69], run }])
    return dropped.promise
  }

  test.each<[string, (chain: EthChain) => EthChain]>([
    [
      'another genesis block',
      (chain) => ({ ...chain, forks: { ...chain.forks, genesisHash: new Uint8Array(32).fill(9) } }),
    ],
    ['another network', (chain) => ({ ...chain, networkId: 1n })],
    ['other forks', (chain) => ({ ...chain, forks: { ...chain.forks, byTime: [61n] } })],
    ['an impossible range', (chain) => ({ ...chain, earliest: () => 1n })],
  ])('%s', async (_, wrong) => {
    const error = await refusal(wrong)
    expect(error).toBeInstanceOf(DisconnectError)
    expect(error).toMatchObject({ reason: DiscReason.SubprotocolError, side: 'remote' })
  })
})

// eth/68 against @ethereumjs/devp2p, which speaks no later one.

import { createRequire } from 'node:module'
import { ETH, type RLPxOptions } from '@ethereumjs/devp2p'
import { encodeHeader, type Header, mainnetSpec } from '@ethspan/chain'
import { testHeader } from '@ethspan/chain/testing'
import { decodeRlp, deferred, encodeRlp, generatePrivateKey, Server } from '@ethspan/core'
import { type EthChain, EthMsg, type EthPeer, ethProtocols } from '@ethspan/eth'
import { tcp } from '@ethspan/tcp'
import { expect, onTestFinished, test } from 'vitest'
import { EthereumjsPeer } from './ethereumjs-peer.js'

/** The library's own chain configurations, found where it finds them. */
const { Common, Hardfork, Mainnet } = createRequire(createRequire(import.meta.url).resolve('@ethereumjs/devp2p'))(
  '@ethereumjs/common',
) as {
  Common: new (options: object) => RLPxOptions['common']
  Hardfork: { Berlin: string }
  Mainnet: object
}

const zeros = (length: number) => new Uint8Array(length)
const raw = encodeHeader(
  testHeader({ difficulty: 1n, number: 12_500_000n, gasLimit: 2n, gasUsed: 3n, time: 4n, extraData: zeros(3) }),
)
/** Mainnet after Berlin, of which there is one header. */
const chain: EthChain = {
  ...mainnetSpec,
  head: () => ({ number: 12_500_000n, time: 0n, hash: zeros(32), totalDifficulty: 77n }),
  earliest: () => 0n,
  header: (at) => (at === 12_500_000n ? raw : undefined),
  body: () => undefined,
  receipts: () => undefined,
}

test('Status is accepted on both sides, and headers are asked for in both directions', async () => {
  const common = new Common({ chain: Mainnet, hardfork: Hardfork.Berlin })
  const theirs = new EthereumjsPeer({ common, capabilities: [ETH.eth68] })
  const connected = deferred<EthPeer>()
  const server = new Server({
    privateKey: generatePrivateKey(),
    protocols: ethProtocols({ chain, handlers: { connected: connected.resolve } }),
    transports: [tcp()],
  })
  onTestFinished(() => server.stop())
  await server.start()
  server.addPeer(await theirs.listen())

  const { peer } = await theirs.added()
  const eth = peer.getProtocols()[0] as ETH
  const status = deferred<unknown>()
  const answer = deferred<readonly unknown[]>()
  eth.events.on('status', status.resolve)
  eth.events.on('message', (code, payload) => {
    const fields = payload as unknown as [Uint8Array, unknown]
    if (code === EthMsg.BlockHeaders) answer.resolve(fields)
    if (code === EthMsg.GetBlockHeaders) eth.sendMessage(EthMsg.BlockHeaders, [fields[0], [decodeRlp(raw)]] as never)
  })
  eth.sendStatus({ td: Uint8Array.of(9), bestHash: zeros(32).fill(5), genesisHash: mainnetSpec.forks.genesisHash })
  expect(await status.promise).toMatchObject({ td: Uint8Array.of(77) })
  const ours = await connected.promise
  expect(ours.version).toBe(68)
  expect(ours.status).toMatchObject({
    networkId: 1n,
    totalDifficulty: 9n,
    forkId: { hash: 0x0eb440f6, next: 12965000n },
  })

  const headers: Header[] = await ours.getBlockHeaders({ origin: 12_500_000n, limit: 3 })
  expect(headers.map((header) => header.raw)).toEqual([raw])
  eth.sendMessage(EthMsg.GetBlockHeaders, [7, [12_500_000, 3, 0, 0]] as never)
  const [id, items] = await answer.promise
  expect(encodeRlp([id, items] as never)).toEqual(encodeRlp([7, [decodeRlp(raw)]]))
})

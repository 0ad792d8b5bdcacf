// How tests get the parts of a chain from a real geth, by the requests of eth alone.
import type { Receipt } from '@ethspan/chain'
import { bytesToHex, generatePrivateKey, Server } from '@ethspan/core'
import type { EthPeer } from '@ethspan/eth'
import { tcp } from '@ethspan/tcp'
import { expect, onTestFinished } from 'vitest'

/** Blocks asked for at once. */
export const BATCH = 200

/** A server of ours that dials geth. */
export async function dial(
  enode: string,
  protocols: ConstructorParameters<typeof Server>[0]['protocols'],
): Promise<Server> {
  const server = new Server({ privateKey: generatePrivateKey(), protocols, transports: [tcp()] })
  onTestFinished(() => server.stop())
  await server.start()
  server.addPeer(enode)
  return server
}

export const batches = <T>(items: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(items.length / BATCH) }, (_, i) => items.slice(i * BATCH, (i + 1) * BATCH))

/** Asks for all of `hashes`, again from where an answer stopped. */
export async function all<T>(
  hashes: readonly Uint8Array[],
  ask: (some: readonly Uint8Array[]) => Promise<readonly T[]>,
) {
  const items: T[] = []
  while (items.length < hashes.length) {
    const some = await ask(hashes.slice(items.length, items.length + BATCH))
    if (some.length === 0) throw new Error(`nothing for ${bytesToHex(hashes[items.length]!)}`)
    items.push(...some)
  }
  return items
}

/** The receipts of all blocks; the chain has blocks whose receipts fill a message. */
export async function allReceipts(peer: EthPeer, hashes: readonly Uint8Array[]) {
  if (peer.version < 70) return all(hashes, async (some) => (await peer.getReceipts(some)).blocks)
  const blocks: (readonly Receipt[])[] = []
  let part: readonly Receipt[] = []
  let parts = 0
  while (blocks.length < hashes.length) {
    const some = hashes.slice(blocks.length, blocks.length + BATCH)
    const answer = await peer.getReceipts(some, { firstIndex: part.length })
    const [first = [], ...others] = answer.blocks
    const whole = [[...part, ...first], ...others]
    part = answer.lastBlockIncomplete ? whole.pop()! : []
    if (answer.lastBlockIncomplete) parts++
    blocks.push(...whole)
  }
  expect(parts).toBeGreaterThan(0)
  return blocks
}

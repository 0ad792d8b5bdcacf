// What is VALID, where blocks are really executed: never a block that was only kept, whatever its header says.
import { type Block, BlockImporter, type Chain, encodeHeader, type HeaderFields, headerHash } from '@ethspan/chain'
import { memoryChain } from '@ethspan/chain/testing'
import { DevChain, devSpec, openExecution } from '@ethspan/execution'
import type { Store } from '@ethspan/node'
import { memoryStore } from '@ethspan/node/memory'
import { inProcess, type RpcClient } from '@ethspan/rpc'
import { expect, onTestFinished, test } from 'vitest'
import { engineApi } from '../../src/index.js'
import { hexOf } from '../support.js'
import { forkchoice, newPayload } from './support.js'

interface Node {
  readonly chain: Chain
  readonly client: RpcClient
  readonly dev: DevChain
}

/** A node that executes; one with the same states goes on where another ended. */
async function startNode(states: Store = memoryStore(), blocks: readonly Block[] = []): Promise<Node> {
  const spec = await devSpec()
  const chain = await memoryChain({ spec })
  onTestFinished(() => chain.close())
  await chain.putBlocks(blocks)
  const executor = await openExecution({ store: states, spec, chain })
  const importer = new BlockImporter({ chain, executor })
  const client = inProcess([engineApi({ chain, importer, executor })], { authenticated: true })
  onTestFinished(() => client.close())
  return { chain, client, dev: new DevChain({ chain, importer, execution: executor }) }
}

/** Blocks that others made. */
async function madeElsewhere(count: number): Promise<Block[]> {
  const { dev } = await startNode()
  const blocks: Block[] = []
  while (blocks.length < count) blocks.push(await dev.seal())
  return blocks
}

function changed({ header, body }: Block, changes: Partial<HeaderFields>): Block & { readonly receipts: [] } {
  const fields = { ...header, ...changes }
  const raw = encodeHeader(fields)
  return { hash: headerHash({ raw }), header: { ...fields, raw }, body, receipts: [] }
}

const given = (block: Block) => ({ ...block, receipts: [] })

test('a block that was kept without having been executed is not VALID by the root of a state that is there', async () => {
  const [first, second] = (await madeElsewhere(2)) as [Block, Block]
  const { client, chain } = await startNode()
  const genesis = chain.genesis.header
  const lie = changed(first, { stateRoot: genesis.stateRoot })
  const onLie = changed(second, { parentHash: lie.hash, stateRoot: genesis.stateRoot })
  await chain.putBlocks([lie, onLie])

  expect((await forkchoice(client, lie)).payloadStatus.status).toBe('SYNCING')
  expect(await newPayload(client, onLie)).toMatchObject({ status: 'ACCEPTED', latestValidHash: null })
  expect(await newPayload(client, lie)).toMatchObject({ status: 'INVALID', latestValidHash: hexOf(chain.genesis.hash) })
  expect(await newPayload(client, given(first))).toMatchObject({ status: 'VALID' })
  expect(chain.head().number).toBe(0n)
})

test('a block that was executed before a restart is VALID after it, one beside it with the same root is not', async () => {
  const [first] = (await madeElsewhere(1)) as [Block]
  const states = memoryStore()
  const before = await startNode(states)
  expect(await newPayload(before.client, given(first))).toMatchObject({ status: 'VALID' })

  const lie = changed(first, { extraData: Uint8Array.of(1), gasUsed: 21_000n })
  const after = await startNode(states, [first, lie])
  expect((await forkchoice(after.client, given(first))).payloadStatus.status).toBe('VALID')
  expect((await forkchoice(after.client, lie)).payloadStatus.status).toBe('SYNCING')
  expect(await newPayload(after.client, lie)).toMatchObject({ status: 'INVALID' })
})

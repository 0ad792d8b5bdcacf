// Files of blocks, there and back: what geth wrote is imported with every rule held, what is exported geth imports.
import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  accessListHash,
  BlockImporter,
  type Chain,
  chainFileBlock,
  chainSpec,
  openChain,
  parseGenesis,
  readChainFile,
} from '@ethspan/chain'
import { bytesToHex, concatBytes } from '@ethspan/core'
import { levelStore } from '@ethspan/node/data-dir'
import { expect, onTestFinished, test } from 'vitest'
import { readHeadForkchoice, readTestGenesis, TEST_CHAIN_BLOCKS, testChainFolder } from './geth-node.js'
import { binary } from './geth-process.js'

const run = promisify(execFile)

test("geth's 600 blocks are imported and exported byte for byte, and geth takes them back", async () => {
  const folder = await testChainFolder()
  const temporary = await mkdtemp(join(tmpdir(), 'ethspan-chain-file-'))
  onTestFinished(() => rm(temporary, { recursive: true, force: true }))
  const spec = await chainSpec(parseGenesis(await readTestGenesis(folder)))
  const chain = await openChain({ store: levelStore(join(temporary, 'chain')), spec })
  onTestFinished(() => chain.close())

  const importer = new BlockImporter({ chain })
  const source = join(folder, 'chain.rlp')
  // Pieces that end within blocks.
  for await (const block of readChainFile(createReadStream(source, { highWaterMark: 1000 }))) {
    await importer.importBlocks([block])
    await chain.setHead(block.hash)
  }
  const [{ headBlockHash }] = (await readHeadForkchoice(folder)) as [{ headBlockHash: string }]
  expect(`0x${bytesToHex(chain.head().hash)}`).toBe(headBlockHash)
  expect(chain.head().number).toBe(BigInt(TEST_CHAIN_BLOCKS))

  const file = join(temporary, 'exported.rlp')
  await writeFile(file, await exported(chain, 1n))
  expect((await readFile(file)).equals(await readFile(source))).toBe(true)

  const geth = binary('ETHSPAN_GETH')
  const datadir = join(temporary, 'geth')
  await run(geth, ['--datadir', datadir, 'init', join(folder, 'genesis.json')])
  await run(geth, ['--datadir', datadir, 'import', file])
  const back = join(temporary, 'back.rlp')
  await run(geth, ['--datadir', datadir, 'export', back])
  // It begins with the genesis block, and has what geth found out when it ran the blocks: their access lists.
  const numbers: bigint[] = []
  let accessLists = 0
  for await (const block of readChainFile(createReadStream(back))) {
    numbers.push(block.header.number)
    expect(bytesToHex((await chain.canonicalHash(block.header.number))!)).toBe(bytesToHex(block.hash))
    await importer.importBlocks([block])
    if (block.accessList === undefined) continue
    accessLists++
    expect(bytesToHex((await chain.accessList(block.hash))!)).toBe(bytesToHex(block.accessList))
    expect(bytesToHex(accessListHash(block.accessList))).toBe(bytesToHex(block.header.blockAccessListHash!))
  }
  expect(numbers).toEqual(Array.from({ length: TEST_CHAIN_BLOCKS + 1 }, (_, i) => BigInt(i)))
  expect(accessLists).toBeGreaterThan(0)
  expect((await readFile(back)).equals(await exported(chain, 0n))).toBe(true)
})

/** All blocks from one on, as a file. */
async function exported(chain: Chain, first: bigint): Promise<Uint8Array> {
  const blocks: Uint8Array[] = []
  for (let number = first; number <= chain.head().number; number++) {
    const block = await chain.block(number)
    blocks.push(chainFileBlock({ ...block!, accessList: await chain.accessList(block!.hash) }))
  }
  return concatBytes(...blocks)
}

// A process that adds to a chain until it is killed, from the built packages: kill-process.mjs <folder> <seed>. What it says is on
// disk it says by lines: `put <hash>`, `head <hash>`; before it sets a head, `next <hash>`.
import { writeSync } from 'node:fs'
import { BlockImporter, openChain } from '@ethspan/chain'
import { testBlocks, testSpec } from '@ethspan/chain/testing'
import { bytesToHex } from '@ethspan/core'
import { levelStore } from '@ethspan/node/data-dir'

const [folder, seed] = process.argv.slice(2)
const spec = testSpec()
const chain = await openChain({ store: levelStore(folder), spec, keep: 40 })
const importer = new BlockImporter({ chain })

const say = (word, hash) => writeSync(1, `${word} ${bytesToHex(hash)}\n`)
const upTo = (n) => Math.floor(Math.random() * (n + 1))

for (let round = 0; ; round++) {
  const head = chain.head()
  // Now and then on an ancestor, so that the next head is a reorg.
  const depth = Math.random() < 0.3 ? upTo(Math.min(20, Number(head.number - chain.earliest()))) : 0
  const parent = await chain.block(head.number - BigInt(depth))
  const blocks = await testBlocks({
    spec,
    parent,
    count: depth + 1 + upTo(6),
    extra: `${seed} ${round}`,
    transactions: 1,
  })
  const half = upTo(blocks.length)
  for (const part of [blocks.slice(0, half), blocks.slice(half)]) {
    await importer.importBlocks(part)
    for (const { hash } of part) say('put', hash)
  }
  const { hash } = blocks.at(-1)
  say('next', hash)
  await chain.setHead(hash)
  say('head', hash)
}

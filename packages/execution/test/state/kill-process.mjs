// A process that executes blocks until it is killed, from the built packages: kill-process.mjs <folder>. It says `state <hash>
// <root>` once it is told that a block's state is on disk.
import { writeSync } from 'node:fs'
import { BlockImporter, openChain } from '@ethspan/chain'
import { bytesToHex } from '@ethspan/core'
import { DevChain, devSpec, openExecution } from '@ethspan/execution'
import { levelStore } from '@ethspan/node/data-dir'

const [folder] = process.argv.slice(2)
const spec = await devSpec()
const root = levelStore(folder)
await root.open()
const part = (name) => root.sublevel(name, { valueEncoding: 'view' })
const chain = await openChain({ store: part('chain'), spec })
const execution = await openExecution({ store: part('state'), spec, chain, keepStates: 8 })
const acknowledging = {
  hasState: (header) => execution.hasState(header),
  async execute(block, parent) {
    const executed = await execution.execute(block, parent)
    writeSync(1, `state ${bytesToHex(block.hash)} ${bytesToHex(block.header.stateRoot)}\n`)
    return executed
  },
}
const importer = new BlockImporter({ chain, executor: acknowledging })
const dev = new DevChain({ chain, importer, execution })
for (;;) await dev.seal()

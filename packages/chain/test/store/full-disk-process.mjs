// A process that fills a disk with a chain, from the built packages: full-disk-process.mjs. The disk is a file system of its own
// where this process may mount one, else this process's own limit of a file's size. Prints what it saw as JSON.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openChain } from '@ethspan/chain'
import { testBlocks, testSpec, testTransaction } from '@ethspan/chain/testing'
import { levelStore } from '@ethspan/node/data-dir'

const MIB = 1024 * 1024

/** Where there is little room, and how to get more. */
function smallDisk() {
  const folder = mkdtempSync(path.join(tmpdir(), 'ethspan-disk-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=40m', 'tmpfs', folder]).status === 0) {
    const ballast = path.join(folder, 'ballast')
    writeFileSync(ballast, new Uint8Array(37 * MIB))
    return {
      kind: 'full',
      folder,
      free: () => rmSync(ballast),
      remove: () => {
        execFileSync('umount', [folder])
        remove()
      },
    }
  }
  // LevelDB's log is the file that grows; the limit is lifted by whoever set it.
  const limit = (bytes) => execFileSync('prlimit', ['--pid', `${process.pid}`, `--fsize=${bytes}:unlimited`])
  limit(2.5 * MIB)
  return { kind: 'limited', folder, free: () => limit('unlimited'), remove }
}

const spec = testSpec()
const data = new Uint8Array(100_000).map((_, i) => (i * 7919) >> 3)
const transactions = (nonce) => [testTransaction({ nonce, data, gasLimit: 5_000_000n })]

async function grow(chain, count) {
  for (let i = 0; i < count; i++) {
    const parent = await chain.block(chain.head().hash)
    const [block] = await testBlocks({ spec, parent, count: 1, transactions })
    await chain.putBlocks([block])
    await chain.setHead(block.hash)
  }
}

/** How far it came, and the error that ended it. */
async function tryTo(work) {
  try {
    await work()
    return null
  } catch ({ code, message, hint }) {
    return { code, message, hint }
  }
}

/** Numbers of the blocks that can't be read. */
async function unreadable(chain) {
  const numbers = []
  for (let number = 0n; number <= chain.head().number; number++) {
    if ((await chain.block(number)) === undefined) numbers.push(`${number}`)
  }
  return numbers
}

/** The chain in its part of a store, as a node has it, and what stands beside it. */
async function open(folder) {
  const root = levelStore(path.join(folder, 'db'))
  await root.open()
  const chain = await openChain({ store: root.sublevel('chain', { valueEncoding: 'view' }), spec })
  const other = root.sublevel('other', { valueEncoding: 'view' })
  const close = async () => {
    await chain.close()
    await root.close()
  }
  return { chain, other, close }
}

const disk = smallDisk()
try {
  const seen = { kind: disk.kind }
  const { chain, other, close } = await open(disk.folder)
  seen.full = await tryTo(() => grow(chain, 1000))
  const head = chain.head()
  seen.unreadable = await unreadable(chain)
  seen.again = await tryTo(() => grow(chain, 1))
  disk.free()
  seen.freed = await tryTo(() => grow(chain, 1))
  seen.other = (await tryTo(() => other.put('key', Uint8Array.of(1)))).code
  seen.stayed = chain.head() === head
  await close()

  const next = await open(disk.folder)
  seen.lost = `${head.number - next.chain.head().number}`
  seen.unreadableNext = await unreadable(next.chain)
  seen.goesOn = await tryTo(() => grow(next.chain, 30))
  await next.close()

  const last = await open(disk.folder)
  seen.grown = `${last.chain.head().number - head.number}`
  seen.unreadableLast = await unreadable(last.chain)
  await last.close()
  console.log(JSON.stringify(seen))
} finally {
  disk.remove()
}

// What is left when a process gets no chance to clean up. The program runs from the built packages.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { bytesToHex, hexToBytes } from '@ethspan/core'
import { levelStore } from '@ethspan/node/data-dir'
import { expect, onTestFinished, test } from 'vitest'
import { openChain } from '../../src/index.js'
import { testSpec } from '../../src/testing/index.js'
import { expectWhole, temporaryFolder } from './support.js'

const program = fileURLToPath(new URL('./kill-process.mjs', import.meta.url))
/** Every single write is tried in crash.test.ts; here it is LevelDB that must bear it. */
const ROUNDS = 6
/** Lines after which a process is killed, at most: some rounds of blocks and heads. */
const MAX_LINES = 120

/** What a process said to be on disk, when it was killed somewhere after a few lines. */
async function runAndKill(folder: string, seed: number): Promise<string[]> {
  const child = spawn(process.execPath, [program, folder, `${seed}`], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const closed = once(child, 'close')
  const lines: string[] = []
  const last = 1 + Math.floor(Math.random() * MAX_LINES)
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    // What comes after this was said before it was dead.
    if (lines.length === last) child.kill('SIGKILL')
  }
  await closed
  return lines
}

const hashesAfter = (word: string, lines: readonly string[]): string[] =>
  lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []))

test('a chain whose process is killed at any moment has lost nothing that was acknowledged, and is whole', async () => {
  const folder = temporaryFolder()
  const spec = testSpec()
  let head = bytesToHex(spec.genesis.hash)
  for (let round = 0; round < ROUNDS; round++) {
    const lines = await runAndKill(folder, round)
    const told = hashesAfter('head', lines)
    head = told.at(-1) ?? head
    const next = hashesAfter('next', lines).at(-1)

    const chain = await openChain({ store: levelStore(folder), spec, keep: 40 })
    try {
      const found = bytesToHex(chain.head().hash)
      // The last one acknowledged, or the one that was on its way.
      expect([head, next]).toContain(found)
      head = found
      await expectWhole(chain)
      // All that were put after the last head are newer than what is pruned.
      const recent = lines.slice(lines.lastIndexOf(`head ${told.at(-1)}`) + 1)
      for (const hash of hashesAfter('put', recent)) {
        expect(await chain.body(hexToBytes(hash)), `block ${hash}, which was acknowledged`).toBeDefined()
      }
    } finally {
      await chain.close()
    }
  }
}, 120_000)

// What is left when a process gets no chance to clean up. The program runs from the built packages.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { decodeHeader, openChain } from '@ethspan/chain'
import { hexToBytes, keccak256 } from '@ethspan/core'
import { levelStore } from '@ethspan/node/data-dir'
import { expect, onTestFinished, test } from 'vitest'
import { devSpec, faucetAddress, openExecution } from '../../src/index.js'
import { StateStore } from '../../src/state/state-store.js'

const program = fileURLToPath(new URL('./kill-process.mjs', import.meta.url))
const ROUNDS = 6
/** Blocks after which a process is killed, at most: states are dropped in between. */
const MAX_BLOCKS = 40

/** The states that a process said to be on disk, when it was killed after a few of them. */
async function runAndKill(folder: string): Promise<string[][]> {
  const child = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const closed = once(child, 'close')
  const states: string[][] = []
  const last = 1 + Math.floor(Math.random() * MAX_BLOCKS)
  for await (const line of createInterface({ input: child.stdout })) {
    states.push(line.split(' ').slice(1))
    // What comes after this was said before it was dead.
    if (states.length === last) child.kill('SIGKILL')
  }
  await closed
  return states
}

test('states of acknowledged blocks are there, whole, whenever the process is killed, and the chain goes on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ethspan-kill-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const spec = await devSpec()
  for (let round = 0; round < ROUNDS; round++) {
    const told = await runAndKill(folder)
    expect(told.length).toBeGreaterThan(0)
    const root = levelStore(folder)
    await root.open()
    try {
      const part = (name: string) => root.sublevel<string, Uint8Array>(name, { valueEncoding: 'view' })
      const states = await StateStore.open(part('state'), spec.genesis.hash, keccak256)
      // Eight are kept for certain.
      for (const [hash] of told.slice(-8)) expect(await states.has(hexToBytes(hash!))).toBe(true)
      const chain = await openChain({ store: part('chain'), spec })
      const execution = await openExecution({ store: part('state'), spec, chain, keepStates: 8 })
      const { header } = chain.head()
      expect(await execution.account(header, faucetAddress)).toMatchObject({ balance: 10n ** 27n })
      const before = decodeHeader((await chain.header(header.parentHash))!)
      expect(await execution.hasState(before)).toBe(true)
    } finally {
      await root.close()
    }
  }
}, 120_000)

// What is left when a process gets no chance to clean up. The program runs from the built packages.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Enode, generatePrivateKey, type PeerAddEvent, Server } from '@ethspan/core'
import { tcp } from '@ethspan/tcp'
import { expect, onTestFinished, test } from 'vitest'
import { idle } from '../support.js'
import { temporaryFolder } from './support.js'

const program = fileURLToPath(new URL('./node-process.mjs', import.meta.url))

/** Runs a node until it says who it is, or ends with what it had to say. */
async function run(...args: string[]): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const said = new Promise<string>((resolve) => {
    child.stdout.once('data', (chunk) => resolve(`${chunk}`.trim()))
    child.stderr.once('data', (chunk) => resolve(`${chunk}`.trim()))
  })
  return { child, said: await said }
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'close')
  child.kill('SIGKILL')
  await ended
}

test('a node that is killed and started again is who it was and dials whom it knew', async () => {
  const server = new Server({
    privateKey: generatePrivateKey(),
    protocols: [idle()],
    transports: [tcp({ listen: { host: '127.0.0.1', port: 0 } })],
  })
  await server.start()
  onTestFinished(() => server.stop())
  const nextPeer = () =>
    new Promise<string>((resolve) =>
      server.addEventListener('peeradd', ({ peer }: PeerAddEvent) => resolve(peer.id), { once: true }),
    )
  const folder = temporaryFolder()

  let met = nextPeer()
  const first = await run(folder, server.self.toString())
  const id = await met
  expect(Enode.parse(first.said).id).toBe(id)
  const lock = readFileSync(path.join(folder, 'ethspan', 'LOCK'), 'utf8')
  expect(lock).toBe(`${first.child.pid}\n`)

  const refused = await run(folder)
  expect(refused.said).toBe(`the data directory ${folder} is in use by process ${first.child.pid}`)

  met = nextPeer()
  await kill(first.child)
  const second = await run(folder)
  expect(Enode.parse(second.said).id).toBe(id)
  expect(await met).toBe(id)
}, 30_000)

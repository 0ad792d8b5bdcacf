// geth itself with the chain that comes with its sources: 600 blocks, every kind of transaction, forks up to Amsterdam.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import { binary } from './geth-process.js'

const run = promisify(execFile)

export const TEST_CHAIN_NETWORK_ID = 3503995874084926n
export const TEST_CHAIN_BLOCKS = 600

/** geth is up in a second or two; a busy machine takes longer. */
const START_TIMEOUT_MS = 30_000
/** How long geth may take to stop before it is killed. */
const STOP_TIMEOUT_MS = 5_000

/** The folder of geth's test chain: `genesis.json` and `chain.rlp`, blocks 1 to 600. */
export async function testChainFolder(): Promise<string> {
  const cwd = join(dirname(fileURLToPath(import.meta.url)), 'geth-cmd')
  const args = ['list', '-m', '-f', '{{.Dir}}', 'github.com/ethereum/go-ethereum']
  const { stdout } = await run('go', args, { cwd })
  return join(stdout.trim(), 'cmd/devp2p/internal/ethtest/testdata')
}

export const readTestGenesis = async (folder: string): Promise<unknown> =>
  JSON.parse(await readFile(join(folder, 'genesis.json'), 'utf8'))

/** A geth that serves the test chain on a free port of the loopback; it does not outlive the test. */
export async function startGeth(folder: string): Promise<{ readonly enode: string; log(): string }> {
  const datadir = await mkdtemp(join(tmpdir(), 'ethspan-geth-'))
  onTestFinished(() => rm(datadir, { recursive: true, force: true, maxRetries: 5 }))
  const geth = binary('ETHSPAN_GETH')
  await run(geth, ['--datadir', datadir, 'init', join(folder, 'genesis.json')])
  await run(geth, ['--datadir', datadir, 'import', join(folder, 'chain.rlp')])
  const secret = join(datadir, 'jwt')
  await writeFile(secret, '11'.repeat(32))
  const args = ['--datadir', datadir, '--networkid', String(TEST_CHAIN_NETWORK_ID), '--syncmode', 'full']
  const alone = ['--nodiscover', '--nat', 'none', '--ipcdisable', '--port', '0', '--authrpc.port', '0']
  const child = spawn(geth, [...args, ...alone, '--authrpc.jwtsecret', secret, '--verbosity', '4'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  onTestFinished(() => stop(child))
  let log = ''
  const enode = await new Promise<string>((resolve, reject) => {
    const deadline = setTimeout(() => reject(new Error(`geth did not start:\n${log}`)), START_TIMEOUT_MS)
    child.once('exit', (code) => reject(new Error(`geth exited with ${code}:\n${log}`)))
    createInterface(child.stderr).on('line', (line) => {
      log = `${log}${line}\n`.slice(-100_000)
      const self = /Started P2P networking\s+self="?(enode:\/\/[0-9a-f]{128}@)[^:]*:(\d+)/.exec(line)
      if (self === null) return
      clearTimeout(deadline)
      resolve(`${self[1]}127.0.0.1:${self[2]}`)
    })
  })
  return { enode, log: () => log }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  const kill = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  child.kill('SIGTERM')
  await exited
  clearTimeout(kill)
}

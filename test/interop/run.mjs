// npm run interop: builds geth's p2p server and its devp2p tool from pinned sources, and runs our stack against them.
// Needs Go, which only CI and people who work on the stack have; without it this says so and is skipped.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '../..')
const sources = join(here, 'geth')
const cache = join(root, '.cache/interop')

/** How often a running build says that it still runs. */
const PROGRESS_MS = 15_000

const go = spawnSync('go', ['env', 'GOVERSION'], { cwd: sources, encoding: 'utf8' })
if (go.status !== 0) {
  const why = go.error === undefined ? go.stderr.trim() : 'Go is not installed'
  if (process.env.CI === 'true') {
    console.error(`interop: CI must run these tests, but ${why}`)
    process.exit(1)
  }
  console.log(`interop: skipped, because ${why} (https://go.dev/dl, 1.25 or later); nothing was tested against geth`)
  process.exit(0)
}

const programs = {
  ETHSPAN_GETHPEER: { name: 'gethpeer', target: '.', what: "geth's p2p server" },
  ETHSPAN_DEVP2P: {
    name: 'devp2p',
    target: 'github.com/ethereum/go-ethereum/cmd/devp2p',
    what: "geth's devp2p tool",
  },
}
const suffix = process.platform === 'win32' ? '.exe' : ''
const folder = join(cache, fingerprint())
const env = { ...process.env }
for (const [variable, program] of Object.entries(programs)) {
  env[variable] = join(folder, program.name + suffix)
  if (!existsSync(env[variable])) await build(program, env[variable])
}
for (const old of readdirSync(cache)) {
  if (join(cache, old) !== folder) rmSync(join(cache, old), { recursive: true })
}

const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const config = join(here, 'vitest.config.ts')
const run = spawn(process.execPath, [vitest, 'run', '--config', config, ...process.argv.slice(2)], {
  cwd: root,
  env,
  stdio: 'inherit',
})
run.on('exit', (code) => process.exit(code ?? 1))

/** Names the binaries: what they are built from, by which Go, for which machine. */
function fingerprint() {
  const hash = createHash('sha256').update(`${go.stdout} ${process.platform} ${process.arch}`)
  for (const file of readdirSync(sources).sort()) hash.update(`\n${file}\n`).update(readFileSync(join(sources, file)))
  return hash.digest('hex').slice(0, 16)
}

async function build({ name, target, what }, path) {
  const begin = Date.now()
  const seconds = () => `${Math.round((Date.now() - begin) / 1000)} s`
  console.log(`interop: building ${what} (once; one to three minutes where Go's own cache is empty)`)
  mkdirSync(folder, { recursive: true })
  const unfinished = `${path}.${process.pid}`
  const child = spawn('go', ['build', '-o', unfinished, target], { cwd: sources, stdio: 'inherit' })
  const progress = setInterval(() => console.log(`interop: still building ${name}, ${seconds()}`), PROGRESS_MS)
  const code = await new Promise((resolve) => child.on('exit', resolve))
  clearInterval(progress)
  if (code !== 0) {
    console.error(`interop: building ${name} failed`)
    process.exit(1)
  }
  renameSync(unfinished, path)
  console.log(`interop: built ${name} in ${seconds()}`)
}

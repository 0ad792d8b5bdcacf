// npm run interop: builds geth's p2p server, its devp2p tool and geth itself from pinned sources, and runs our stack
// against them.
// Needs Go, which only CI and people who work on the stack have; without it this says so and is skipped.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '../..')
const cache = join(root, '.cache/interop')

/** How often a running build says that it still runs. */
const PROGRESS_MS = 15_000

const go = spawnSync('go', ['env', 'GOVERSION'], { cwd: here, encoding: 'utf8' })
if (go.status !== 0) {
  const why = go.error === undefined ? go.stderr.trim() : 'Go is not installed'
  if (process.env.CI === 'true') {
    console.error(`interop: CI must run these tests, but ${why}`)
    process.exit(1)
  }
  console.log(`interop: skipped, because ${why} (https://go.dev/dl, 1.25 or later); nothing was tested against geth`)
  process.exit(0)
}

/** `module` is the folder with the go.mod that pins the sources. */
const programs = {
  ETHSPAN_GETHPEER: { name: 'gethpeer', module: 'geth', target: '.', what: "geth's p2p server" },
  ETHSPAN_DEVP2P: {
    name: 'devp2p',
    module: 'geth',
    target: 'github.com/ethereum/go-ethereum/cmd/devp2p',
    what: "geth's devp2p tool",
  },
  // A module of its own, at v1.17.8: the command of later releases needs a module that Go's proxy does not serve.
  ETHSPAN_GETH: {
    name: 'geth',
    module: 'geth-cmd',
    target: 'github.com/ethereum/go-ethereum/cmd/geth',
    what: 'geth itself',
  },
}
const suffix = process.platform === 'win32' ? '.exe' : ''
/** Where the binaries of each module lie. */
const folders = Object.fromEntries(
  [...new Set(Object.values(programs).map(({ module }) => module))].map((module) => [
    module,
    join(cache, fingerprint(join(here, module))),
  ]),
)
const env = { ...process.env }
for (const [variable, program] of Object.entries(programs)) {
  env[variable] = join(folders[program.module], program.name + suffix)
  if (!existsSync(env[variable])) await build(program, env[variable])
}
for (const old of readdirSync(cache)) {
  if (!Object.values(folders).includes(join(cache, old))) rmSync(join(cache, old), { recursive: true })
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
function fingerprint(sources) {
  const hash = createHash('sha256').update(`${go.stdout} ${process.platform} ${process.arch}`)
  for (const file of readdirSync(sources).sort()) hash.update(`\n${file}\n`).update(readFileSync(join(sources, file)))
  return hash.digest('hex').slice(0, 16)
}

async function build({ name, module, target, what }, path) {
  const begin = Date.now()
  const seconds = () => `${Math.round((Date.now() - begin) / 1000)} s`
  console.log(`interop: building ${what} (once; one to three minutes where Go's own cache is empty)`)
  mkdirSync(folders[module], { recursive: true })
  const unfinished = `${path}.${process.pid}`
  const child = spawn('go', ['build', '-o', unfinished, target], { cwd: join(here, module), stdio: 'inherit' })
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

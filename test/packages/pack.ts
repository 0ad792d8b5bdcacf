// Packages as npm would publish them, and projects outside of the checkout that install them.
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The libraries that a program over TCP or WebSocket takes, by folder. */
export const STACK = ['packages/core', 'packages/tcp', 'packages/websocket', 'packages/protocols']

/** Folders of all packages that get published, and whether others import them. */
export const PUBLISHED: readonly { readonly folder: string; readonly isLibrary: boolean }[] = [
  'packages',
  'apps',
].flatMap((parent) =>
  readdirSync(join(ROOT, parent)).flatMap((name) => {
    const folder = `${parent}/${name}`
    if (!existsSync(join(ROOT, folder, 'package.json'))) return []
    const manifest = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Record<string, unknown>
    return manifest.private === true ? [] : [{ folder, isLibrary: manifest.exports !== undefined }]
  }),
)

/** Milliseconds after which a command counts as stuck. */
const COMMAND_TIMEOUT = 60_000

/** A folder that is nowhere in the checkout, and what removes it. */
export async function temporaryFolder(): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'ethspan-outside-')))
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}

/**
 * Runs a command and returns what it prints.
 * @throws with the command's whole output, if it fails
 */
export async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  // Within `npm test`, npm's variables speak of the checkout; an outside project must not hear of it.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_(?!config_cache$)|NODE_OPTIONS|NODE_ENV|VITEST)/.test(name)),
  )
  try {
    const { stdout } = await promisify(execFile)(command, args, { cwd, env, timeout: COMMAND_TIMEOUT })
    return stdout
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string }
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause })
  }
}

/** Runs a tool of the checkout's node_modules. */
export const runTool = (name: string, args: readonly string[], cwd: string): Promise<string> =>
  run(process.execPath, [join(ROOT, 'node_modules/.bin', name), ...args], cwd)

export interface Tarball {
  readonly name: string
  readonly path: string
  /** What it holds, by path in the package. */
  readonly files: readonly string[]
}

/** Packs package folders (absolute, or from the root) as they would be published. They must be built. */
export async function pack(folders: readonly string[], destination: string): Promise<Tarball[]> {
  const paths = folders.map((folder) => join(folder.startsWith(ROOT) ? '' : ROOT, folder))
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', destination, ...paths]
  // A list in npm 10, an object by name in npm 11.
  type Packed = { name: string; filename: string; files: { path: string }[] }
  const packed = JSON.parse(await run('npm', args, destination)) as Packed[] | Record<string, Packed>
  return Object.values(packed).map(({ name, filename, files }) => ({
    name,
    path: join(destination, filename),
    files: files.map(({ path }) => path),
  }))
}

/**
 * Makes a project that depends on these packages of ours and installs it without a network: what they depend on in turn is
 * packed from the checkout's node_modules, which the lock file decides. Only what a manifest asks for gets installed.
 */
export async function installInto(
  project: string,
  ours: readonly Tarball[],
  dependencies: readonly Tarball[],
): Promise<void> {
  const asFiles = (tarballs: readonly Tarball[]) =>
    Object.fromEntries(tarballs.map(({ name, path }) => [name, `file:${path}`]))
  const manifest = {
    name: 'outside',
    private: true,
    type: 'module',
    dependencies: asFiles(ours),
    overrides: asFiles(dependencies),
  }
  await writeFile(join(project, 'package.json'), JSON.stringify(manifest, null, 2))
  await run('npm', ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund'], project)
}

/** The installed folders of everything that package folders depend on, directly or not, without our own packages. */
export async function dependencyFolders(folders: readonly string[]): Promise<string[]> {
  const found = new Set<string>()
  const visit = async (folder: string): Promise<void> => {
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
      dependencies?: Record<string, string>
    }
    for (const name of Object.keys(manifest.dependencies ?? {})) {
      const installed = await installedFolder(folder, name)
      if (found.has(installed) || !installed.includes('node_modules')) continue
      found.add(installed)
      await visit(installed)
    }
  }
  for (const folder of folders) await visit(join(ROOT, folder))
  return [...found]
}

/** Where Node finds a package from a folder; our own are links out of node_modules and end there. */
async function installedFolder(from: string, name: string): Promise<string> {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name)
    if (existsSync(candidate)) return realpath(candidate)
    if (folder === dirname(folder)) throw new Error(`${name}, which ${from} needs, is not installed`)
  }
}

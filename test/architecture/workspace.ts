// The checkout as the rules see it: files by their path from its root, and the packages among them.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A value of an `exports` or `imports` map: a path, or paths by condition. */
export type Target = string | null | { readonly [condition: string]: Target }

/** What the rules read of a package.json. */
export interface Manifest {
  readonly name: string
  readonly version?: string
  readonly private?: boolean
  readonly files?: readonly string[]
  readonly exports?: { readonly [subpath: string]: Target }
  readonly imports?: { readonly [name: string]: Target }
  readonly bin?: { readonly [command: string]: string }
  readonly dependencies?: { readonly [name: string]: string }
  readonly devDependencies?: { readonly [name: string]: string }
  readonly peerDependencies?: { readonly [name: string]: string }
  /** In the root's: whether npm may run the install script of a package. */
  readonly allowScripts?: { readonly [name: string]: boolean }
}

export interface Package {
  /** Path from the root, such as `packages/core`. */
  readonly folder: string
  readonly manifest: Manifest
}

export interface Workspace {
  /** Text by path from the root, with `/` between its parts. */
  readonly files: ReadonlyMap<string, string>
  readonly packages: readonly Package[]
}

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** What is made, fetched or git's own; in no commit. */
const NOT_OURS = new Set(['node_modules', 'dist', 'coverage', '.git', '.cache'])
const NOT_TEXT = /\.(png|jpe?g|gif|webp|ico|woff2?|gz|tgz|wasm|bin)$/

/** A workspace of these files; the rules' own tests write theirs so. */
export function workspaceOf(files: Readonly<Record<string, string>> | ReadonlyMap<string, string>): Workspace {
  const map = files instanceof Map ? files : new Map(Object.entries(files))
  const packages: Package[] = []
  for (const [path, text] of map) {
    const folder = /^((?:packages|apps)\/[^/]+)\/package\.json$/.exec(path)?.[1]
    if (folder !== undefined) packages.push({ folder, manifest: JSON.parse(text) as Manifest })
  }
  return { files: map, packages }
}

/** The checkout's text files. */
export function readWorkspace(): Workspace {
  const files = new Map<string, string>()
  const walk = (folder: string) => {
    for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
      if (NOT_OURS.has(entry.name)) continue
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) walk(path)
      else if (entry.isFile() && !NOT_TEXT.test(entry.name)) files.set(path, readFileSync(join(ROOT, path), 'utf8'))
    }
  }
  walk('')
  return workspaceOf(files)
}

/** The package whose folder a file lies in. */
export const packageOf = (workspace: Workspace, path: string): Package | undefined =>
  workspace.packages.find(({ folder }) => path.startsWith(`${folder}/`))

/** Whether a file is part of what a package ships, not its tests, benchmarks or settings. */
export const isSource = (path: string): boolean => /^(packages|apps)\/[^/]+\/src\//.test(path)

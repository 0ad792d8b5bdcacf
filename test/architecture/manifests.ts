// What a package.json promises: paths that exist and have types, one version, and a lock file for every platform.
import { posix } from 'node:path'
import type { Manifest, Package, Target, Workspace } from './workspace.js'

/** The condition by which the workspace's own tests take a package's sources. */
const SOURCE = 'ethspan-source'

/** What is wrong with a package's `exports`, `imports` and `bin`. `exists` tells of a path from the root. */
export function manifestFaults({ folder, manifest }: Package, exists: (path: string) => boolean): string[] {
  const faults: string[] = []
  const fault = (text: string) => faults.push(`${folder}/package.json: ${text}`)
  const need = (where: string, path: string) => {
    if (!exists(posix.join(folder, path))) fault(`${where} names ${path}, which does not exist`)
    if (!isShipped(manifest, path)) fault(`${where} names ${path}, which "files" does not ship`)
  }
  for (const field of ['exports', 'imports'] as const) {
    for (const [name, target] of Object.entries(manifest[field] ?? {})) {
      const where = `${field}["${name}"]`
      const conditions = typeof target === 'object' && target !== null ? Object.keys(target) : []
      if (conditions[0] !== SOURCE) fault(`${where} must begin with ${SOURCE}, or tests would need a build`)
      if (conditions[1] !== 'types') fault(`${where} must have types second, before what they describe`)
      for (const path of leaves(target)) {
        need(where, path)
        if (path.endsWith('.js')) need(`${where}, for its types,`, path.replace(/\.js$/, '.d.ts'))
      }
    }
  }
  for (const [command, path] of Object.entries(manifest.bin ?? {})) need(`bin["${command}"]`, path)
  return faults
}

const leaves = (target: Target): string[] =>
  typeof target === 'string' ? [target] : Object.values(target ?? {}).flatMap(leaves)

const isShipped = ({ files }: Manifest, path: string) =>
  files === undefined || files.some((shipped) => posix.normalize(path).startsWith(`${posix.normalize(shipped)}/`))

/** Where one version is not all versions: manifests, what they ask of each other, and what the code says of itself. */
export function versionFaults({ packages, files }: Workspace): string[] {
  const version = packages.find(({ folder }) => folder === 'packages/core')?.manifest.version
  const names = new Set(packages.map(({ manifest }) => manifest.name))
  const faults: string[] = []
  for (const { folder, manifest } of packages) {
    if (manifest.version !== version) faults.push(`${folder} has version ${manifest.version}, the core ${version}`)
    for (const [name, range] of Object.entries(manifest.dependencies ?? {})) {
      if (names.has(name) && range !== version)
        faults.push(`${folder} asks for ${name} ${range}, which is at ${version}`)
    }
  }
  const path = 'packages/core/src/server/version.ts'
  const told = /VERSION = '([^']+)'/.exec(files.get(path) ?? '')?.[1]
  if (told !== version) faults.push(`${path} says ${told}, packages/core/package.json ${version}`)
  return faults
}

/** What the rules read of a package-lock.json. */
export interface Lock {
  readonly packages: {
    readonly [path: string]: {
      readonly optionalDependencies?: { readonly [name: string]: string }
      readonly hasInstallScript?: boolean
      readonly optional?: boolean
    }
  }
}

/**
 * Where the lock file would fail a fresh `npm ci`: optional packages, such as another platform's binary, that npm left out
 * because the registry had none (npm then calls the file out of sync), and packages that run a script at install, which
 * npm only does once approved; the root manifest's `allowScripts` must say of each that it works without.
 */
export function lockFaults({ packages }: Lock, allowScripts: Readonly<Record<string, boolean>> = {}): string[] {
  const faults: string[] = []
  for (const [path, { optionalDependencies, hasInstallScript, optional }] of Object.entries(packages)) {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    if (hasInstallScript && !optional && allowScripts[name] !== false) faults.push(`${path} runs a script at install`)
    for (const dependency of Object.keys(optionalDependencies ?? {})) {
      const places = ancestors(path).map((folder) => posix.join(folder, 'node_modules', dependency))
      if (!places.some((place) => packages[place] !== undefined))
        faults.push(`${path}: its optional ${dependency} is not locked`)
    }
  }
  return faults
}

/** The folders whose node_modules a package at `path` sees, its own first. */
function ancestors(path: string): string[] {
  const folders = [path]
  for (let at = path.lastIndexOf('node_modules/'); at !== -1; at = path.lastIndexOf('node_modules/', at - 1)) {
    folders.push(path.slice(0, at))
    if (at === 0) break
  }
  return path === '' || folders.includes('') ? folders : [...folders, '']
}

// Who imports whom, over the whole checkout. Packages are followed by name into their sources, as the tests run them.
import { isBuiltin } from 'node:module'
import { posix } from 'node:path'
import { type ParsedFile, parseFile } from './parse.js'
import { packageOf, type Target, type Workspace } from './workspace.js'

/** What an import comes to. */
export type Resolved =
  | { readonly kind: 'file'; readonly path: string; readonly nodeCondition: boolean }
  | { readonly kind: 'builtin' }
  | { readonly kind: 'package'; readonly name: string }
  | { readonly kind: 'missing' }

export interface Import {
  readonly from: string
  readonly line: number
  readonly specifier: string
  /** More than one where a map has a file for each platform. */
  readonly to: readonly Resolved[]
}

export interface Graph {
  readonly workspace: Workspace
  readonly parsed: ReadonlyMap<string, ParsedFile>
  readonly imports: readonly Import[]
}

const CODE = /\.(ts|tsx|js|mjs)$/

/** Parses all code of a workspace and follows its imports. */
export function graphOf(workspace: Workspace): Graph {
  const parsed = new Map<string, ParsedFile>()
  const imports: Import[] = []
  for (const [path, text] of workspace.files) {
    if (!CODE.test(path)) continue
    const file = parseFile(path, text)
    parsed.set(path, file)
    for (const { specifier, line } of file.imports) {
      imports.push({ from: path, line, specifier, to: resolve(workspace, path, specifier) })
    }
  }
  return { workspace, parsed, imports }
}

/** `file:line imports 'x'`, how every rule names an import. */
export const siteOf = ({ from, line, specifier }: Import): string => `${from}:${line} imports '${specifier}'`

/** The files of our own that an import leads to. */
export const filesOf = (edge: Import): string[] => edge.to.flatMap((to) => (to.kind === 'file' ? [to.path] : []))

function resolve(workspace: Workspace, from: string, specifier: string): Resolved[] {
  const file = (path: string, nodeCondition = false): Resolved => {
    const found = sourceOf(workspace, path)
    return found === undefined ? { kind: 'missing' } : { kind: 'file', path: found, nodeCondition }
  }
  if (specifier.startsWith('.')) return [file(posix.join(posix.dirname(from), specifier.replace(/\?.*$/, '')))]
  if (isBuiltin(specifier)) return [{ kind: 'builtin' }]

  const own = packageOf(workspace, from)
  if (specifier.startsWith('#')) {
    const target = own?.manifest.imports?.[specifier]
    if (own === undefined || target === undefined) return [{ kind: 'missing' }]
    return sourcesIn(target).map(({ path, node }) => file(posix.join(own.folder, path), node))
  }

  const [, name = specifier, subpath = ''] = /^((?:@[^/]+\/)?[^/]+)(\/.*)?$/.exec(specifier) ?? []
  const sibling = workspace.packages.find(({ manifest }) => manifest.name === name)
  if (sibling === undefined) return [{ kind: 'package', name }]
  const target = sibling.manifest.exports?.[`.${subpath}`]
  if (target === undefined) return [{ kind: 'missing' }]
  return sourcesIn(target).map(({ path, node }) => file(posix.join(sibling.folder, path), node))
}

/** The file that is meant by an import's path, whose `.js` is written for a `.ts`. */
function sourceOf({ files }: Workspace, path: string): string | undefined {
  const stem = path.replace(/\.m?js$/, '')
  const candidates = stem === path ? [path] : [`${stem}.ts`, `${stem}.tsx`, `${stem}.d.ts`, path]
  return candidates.find((candidate) => files.has(candidate))
}

/** The paths that a target has under `ethspan-source`, and whether only Node takes them. */
function sourcesIn(target: Target): { path: string; node: boolean }[] {
  const source = typeof target === 'object' && target !== null ? target['ethspan-source'] : undefined
  const leaves = (value: Target | undefined, node: boolean): { path: string; node: boolean }[] => {
    if (typeof value === 'string') return [{ path: value, node }]
    return Object.entries(value ?? {}).flatMap(([condition, inner]) => leaves(inner, node || condition === 'node'))
  }
  return leaves(source, false)
}

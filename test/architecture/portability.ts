// What runs in a browser must not reach Node, not even for a type.
import { type Graph, siteOf } from './graph.js'
import { isSource } from './workspace.js'

/** Folders that are Node's as a whole; elsewhere a file says so by its name, `*.node.ts`. */
const NODE_FOLDERS = [
  'packages/tcp/src/',
  'packages/websocket/src/listener/',
  'packages/node/src/data-dir/',
  'packages/rpc/src/endpoints/',
  'packages/ethstats/src/server/',
  'apps/gateway/src/',
]
/** Packages that need Node although they are no builtin. */
const NODE_PACKAGES = new Set(['ws', 'classic-level', 'pino', 'pino-pretty', 'sirv', 'commander'])
/** Globals that Node has and browsers do not. */
const NODE_GLOBALS = ['Buffer', 'process', 'require', 'global', 'setImmediate', '__dirname', '__filename']

const isNodeFile = (path: string) => path.endsWith('.node.ts') || NODE_FOLDERS.some((folder) => path.startsWith(folder))

/** Where a portable source file imports a builtin, a package for Node or a file for Node, or uses one of Node's globals. */
export function portabilityFaults({ imports, parsed }: Graph): string[] {
  const isPortable = (path: string) => isSource(path) && !isNodeFile(path)
  const faults: string[] = []
  for (const edge of imports) {
    if (!isPortable(edge.from)) continue
    for (const to of edge.to) {
      if (to.kind === 'builtin') faults.push(`${siteOf(edge)}, a Node builtin, in a portable file`)
      if (to.kind === 'package' && NODE_PACKAGES.has(to.name)) {
        faults.push(`${siteOf(edge)}, a package for Node, in a portable file`)
      }
      // Behind the condition `node` a map has its file for Node, and another for the rest.
      if (to.kind === 'file' && isNodeFile(to.path) && !to.nodeCondition) {
        faults.push(`${siteOf(edge)}, a file for Node, in a portable file`)
      }
    }
  }
  for (const [path, { names }] of parsed) {
    if (!isPortable(path)) continue
    for (const name of NODE_GLOBALS) {
      const line = names.get(name)
      if (line !== undefined) faults.push(`${path}:${line} uses ${name}, a global of Node, in a portable file`)
    }
  }
  return faults
}

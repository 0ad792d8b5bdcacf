// Lower never imports upper: within the core by folder, across packages by kind.
import { filesOf, type Graph, siteOf } from './graph.js'
import { isSource, packageOf } from './workspace.js'

/** The core's folders and files from the bottom up. Those of one line may use each other. */
const CORE_LAYERS: readonly (readonly string[])[] = [
  ['errors.ts', 'bytes.ts', 'limits.ts', 'platform', 'rlp'],
  ['crypto'],
  ['enode'],
  ['transport', 'snappy', 'netutil'],
  ['rlpx'],
  ['peer'],
  ['server'],
  ['index.ts'],
]
/** Ships the tools for tests; uses any layer and is used by none. */
const CORE_TESTING = 'testing'

const CORE = 'packages/core'
const TRANSPORTS = ['packages/tcp', 'packages/websocket']
const PROTOCOLS = 'packages/protocols'
const NODE = 'packages/node'
const RPC = 'packages/rpc'
const CHAIN = 'packages/chain'
/** None of them imports another: what one offers the others find by the keys of chain. */
const SERVICES = ['packages/txpool', 'packages/execution', 'packages/eth', 'packages/ethapi', 'packages/ethstats']
const APPS = ['apps/demo', 'apps/gateway']

/** Which packages each may import. */
const PACKAGE_IMPORTS: Readonly<Record<string, readonly string[]>> = {
  [CORE]: [],
  ...Object.fromEntries(TRANSPORTS.map((folder) => [folder, [CORE]])),
  [PROTOCOLS]: [CORE],
  [NODE]: [CORE],
  [RPC]: [CORE, NODE],
  [CHAIN]: [CORE, NODE],
  ...Object.fromEntries(SERVICES.map((folder) => [folder, [CORE, NODE, RPC, CHAIN]])),
  ...Object.fromEntries(
    APPS.map((folder) => [folder, [CORE, ...TRANSPORTS, PROTOCOLS, NODE, RPC, CHAIN, ...SERVICES]]),
  ),
}

/** Imports within the core that go up, or to what has no layer. */
export function coreLayerFaults({ imports, workspace }: Graph): string[] {
  const faults: string[] = []
  const partOf = (path: string) => path.slice(`${CORE}/src/`.length).split('/')[0]!
  const layerOf = (part: string) => CORE_LAYERS.findIndex((layer) => layer.includes(part))
  for (const path of workspace.files.keys()) {
    if (!path.startsWith(`${CORE}/src/`)) continue
    const part = partOf(path)
    if (part !== CORE_TESTING && layerOf(part) === -1)
      faults.push(`${path} is in no layer: say in layers.ts where it stands`)
  }
  for (const edge of imports) {
    if (!edge.from.startsWith(`${CORE}/src/`)) continue
    const from = partOf(edge.from)
    if (from === CORE_TESTING) continue
    for (const path of filesOf(edge)) {
      if (!path.startsWith(`${CORE}/src/`)) continue
      const to = partOf(path)
      if (to === CORE_TESTING) faults.push(`${siteOf(edge)}: only tests use ${CORE_TESTING}`)
      else if (layerOf(to) > layerOf(from)) faults.push(`${siteOf(edge)}: ${from} lies below ${to}`)
    }
  }
  return faults
}

/** Imports from one package into another that the order of packages forbids, or that bypass the other's `exports`. */
export function packageLayerFaults({ imports, workspace }: Graph): string[] {
  const faults: string[] = []
  for (const { folder } of workspace.packages) {
    if (PACKAGE_IMPORTS[folder] === undefined)
      faults.push(`${folder} has no place in the order: give it one in layers.ts`)
  }
  for (const edge of imports) {
    if (!isSource(edge.from)) continue
    const from = packageOf(workspace, edge.from)
    for (const path of filesOf(edge)) {
      const to = packageOf(workspace, path)
      if (from === undefined || to === from) continue
      if (to === undefined || edge.specifier.startsWith('.')) {
        faults.push(`${siteOf(edge)}: what lies outside of a package is reached by a package's name`)
      } else if (!PACKAGE_IMPORTS[from.folder]?.includes(to.folder)) {
        faults.push(`${siteOf(edge)}: ${from.folder} does not use ${to.folder}`)
      } else if (path.startsWith(`${CORE}/src/${CORE_TESTING}/`)) {
        faults.push(`${siteOf(edge)}: only tests use ${CORE_TESTING}`)
      }
    }
  }
  return faults
}

/** Imports that lead nowhere, or to a package that the manifest does not ask for. */
export function dependencyFaults({ imports, workspace }: Graph): string[] {
  const faults: string[] = []
  for (const edge of imports) {
    if (!isSource(edge.from)) continue
    const manifest = packageOf(workspace, edge.from)?.manifest
    const declared = { ...manifest?.dependencies, ...manifest?.peerDependencies }
    if (manifest?.private) Object.assign(declared, manifest.devDependencies)
    for (const to of edge.to) {
      if (to.kind === 'missing') faults.push(`${siteOf(edge)}: there is no such module`)
      const sibling = to.kind === 'file' ? packageOf(workspace, to.path)?.manifest.name : undefined
      const name = to.kind === 'package' ? to.name : sibling
      if (name !== undefined && name !== manifest?.name && declared[name] === undefined) {
        faults.push(`${siteOf(edge)}: ${manifest?.name} does not list ${name} among its dependencies`)
      }
    }
  }
  return faults
}

import { describe, expect, test } from 'vitest'
import { graphOf } from './graph.js'
import { coreLayerFaults, dependencyFaults, packageLayerFaults } from './layers.js'
import { readWorkspace, workspaceOf } from './workspace.js'

const graph = graphOf(readWorkspace())

/** A workspace with the packages' manifests and these files. */
const example = (files: Record<string, string>) => {
  const manifest = (name: string) =>
    JSON.stringify({
      name,
      exports: {
        '.': { 'ethspan-source': './src/index.ts' },
        './testing': { 'ethspan-source': './src/testing/index.ts' },
      },
      imports: { '#crypto': { 'ethspan-source': './src/crypto/create-crypto.ts' } },
      dependencies: { '@ethspan/core': '0.1.0', rlp: '^3.0.0' },
    })
  return graphOf(
    workspaceOf({
      'packages/core/package.json': manifest('@ethspan/core'),
      'packages/core/src/index.ts': '',
      'packages/core/src/testing/index.ts': '',
      'packages/tcp/package.json': manifest('@ethspan/tcp'),
      'packages/tcp/src/index.ts': '',
      'packages/protocols/package.json': manifest('@ethspan/protocols'),
      ...files,
    }),
  )
}

describe('within the core', () => {
  test('every file of the checkout is read', () => {
    expect(graph.parsed.get('packages/core/src/server/server.ts')?.imports.length).toBeGreaterThan(5)
  })

  test('lower imports no upper, and nothing imports the testing tools', () => {
    expect(coreLayerFaults(graph)).toEqual([])
  })

  test('an import that goes up is found, for a type and through an imports map too', () => {
    const faults = coreLayerFaults(
      example({
        'packages/core/src/crypto/create-crypto.ts': "export type { Peer } from '../peer/peer.js'",
        'packages/core/src/peer/peer.ts': "import '#crypto'\nimport type { Server } from '../server/server.js'",
        'packages/core/src/server/server.ts':
          'export const x: import("../peer/peer.js").Peer = await import("../index.js")',
        'packages/core/src/errors.ts': "import type { C } from '#crypto'",
      }),
    )
    expect(faults).toEqual([
      "packages/core/src/crypto/create-crypto.ts:1 imports '../peer/peer.js': crypto lies below peer",
      "packages/core/src/peer/peer.ts:2 imports '../server/server.js': peer lies below server",
      "packages/core/src/server/server.ts:1 imports '../index.js': server lies below index.ts",
      "packages/core/src/errors.ts:1 imports '#crypto': errors.ts lies below crypto",
    ])
  })

  test('an import of the testing tools is found, their own imports are free', () => {
    const faults = coreLayerFaults(
      example({
        'packages/core/src/testing/index.ts': "export { Server } from '../server/server.js'",
        'packages/core/src/server/server.ts': "import { SimClock } from '../testing/index.js'",
      }),
    )
    expect(faults).toEqual([
      "packages/core/src/server/server.ts:1 imports '../testing/index.js': only tests use testing",
    ])
  })

  test('a folder without a layer is found', () => {
    expect(coreLayerFaults(example({ 'packages/core/src/gossip/gossip.ts': '' }))).toEqual([
      'packages/core/src/gossip/gossip.ts is in no layer: say in layers.ts where it stands',
    ])
  })
})

describe('across packages', () => {
  test('core, then transports and protocols apart, then apps', () => {
    expect(packageLayerFaults(graph)).toEqual([])
  })

  test('a core that imports a transport and a protocol that imports one are found', () => {
    const faults = packageLayerFaults(
      example({
        'packages/core/src/server/server.ts': "import { tcp } from '@ethspan/tcp'",
        'packages/protocols/src/index.ts': "import type { TcpOptions } from '@ethspan/tcp'\nimport '@ethspan/core'",
      }),
    )
    expect(faults).toEqual([
      "packages/core/src/server/server.ts:1 imports '@ethspan/tcp': packages/core does not use packages/tcp",
      "packages/protocols/src/index.ts:1 imports '@ethspan/tcp': packages/protocols does not use packages/tcp",
    ])
  })

  test('a way around the exports map and the testing tools in shipped code are found', () => {
    const faults = packageLayerFaults(
      example({
        'packages/tcp/src/index.ts': "import '../../core/src/index.js'\nimport '@ethspan/core/testing'",
      }),
    )
    expect(faults).toEqual([
      "packages/tcp/src/index.ts:1 imports '../../core/src/index.js': what lies outside of a package is reached by a package's name",
      "packages/tcp/src/index.ts:2 imports '@ethspan/core/testing': only tests use testing",
    ])
  })

  test('a package without a place is found', () => {
    expect(packageLayerFaults(example({ 'packages/gossip/package.json': '{"name":"gossip"}' }))).toEqual([
      'packages/gossip has no place in the order: give it one in layers.ts',
    ])
  })
})

describe('what a package imports', () => {
  test('exists and is listed in its manifest', () => {
    expect(dependencyFaults(graph)).toEqual([])
  })

  test('what is not listed or not there is found', () => {
    const faults = dependencyFaults(
      example({
        'packages/tcp/src/index.ts':
          "import 'rlp'\nimport '@noble/hashes/sha3.js'\nimport './gone.js'\nimport '@ethspan/core/gone'",
        'packages/protocols/src/index.ts': "import type {} from '@ethspan/tcp'",
      }),
    )
    expect(faults).toEqual([
      "packages/tcp/src/index.ts:2 imports '@noble/hashes/sha3.js': @ethspan/tcp does not list @noble/hashes among its dependencies",
      "packages/tcp/src/index.ts:3 imports './gone.js': there is no such module",
      "packages/tcp/src/index.ts:4 imports '@ethspan/core/gone': there is no such module",
      "packages/protocols/src/index.ts:1 imports '@ethspan/tcp': @ethspan/protocols does not list @ethspan/tcp among its dependencies",
    ])
  })
})

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Lock, lockFaults, manifestFaults, versionFaults } from './manifests.js'
import { type Manifest, type Package, ROOT, readWorkspace, workspaceOf } from './workspace.js'

const workspace = readWorkspace()

describe('paths', () => {
  test.each(workspace.packages)('$folder: every path of its manifest is there after a build, with types', (pkg) => {
    expect(manifestFaults(pkg, (path) => existsSync(join(ROOT, path)))).toEqual([])
  })

  test('a path that is missing, has no types or is not shipped is found', () => {
    const pkg: Package = {
      folder: 'packages/x',
      manifest: {
        name: 'x',
        files: ['dist'],
        exports: {
          '.': { 'ethspan-source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' },
        },
        imports: { '#y': { 'ethspan-source': './dist/y.js', types: './dist/y.d.ts' } },
        bin: { x: 'dist/x.js' },
      },
    }
    const there = new Set(['packages/x/src/index.ts', 'packages/x/dist/index.js', 'packages/x/dist/y.js'])
    expect(manifestFaults(pkg, (path) => there.has(path))).toEqual([
      'packages/x/package.json: exports["."] names ./src/index.ts, which "files" does not ship',
      'packages/x/package.json: exports["."] names ./dist/index.d.ts, which does not exist',
      'packages/x/package.json: exports["."], for its types, names ./dist/index.d.ts, which does not exist',
      'packages/x/package.json: imports["#y"], for its types, names ./dist/y.d.ts, which does not exist',
      'packages/x/package.json: imports["#y"] names ./dist/y.d.ts, which does not exist',
      'packages/x/package.json: bin["x"] names dist/x.js, which does not exist',
    ])
  })

  test('conditions in an order that hides the sources or the types are found', () => {
    const manifest = { name: 'x', exports: { '.': { default: './x.js', 'ethspan-source': './x.ts' } } }
    expect(manifestFaults({ folder: 'packages/x', manifest }, () => true)).toEqual([
      'packages/x/package.json: exports["."] must begin with ethspan-source, or tests would need a build',
      'packages/x/package.json: exports["."] must have types second, before what they describe',
    ])
  })
})

describe('versions', () => {
  test('are one, in every manifest and in the code', () => {
    expect(versionFaults(workspace)).toEqual([])
  })

  test('one that differs is found', () => {
    const faults = versionFaults(
      workspaceOf({
        'packages/core/package.json': '{"name":"core","version":"1.1.0"}',
        'packages/core/src/server/version.ts': "export const VERSION = '1.0.0'",
        'packages/tcp/package.json': '{"name":"tcp","version":"1.1.1","dependencies":{"core":"1.0.0","rlp":"^3.0.0"}}',
      }),
    )
    expect(faults).toEqual([
      'packages/tcp has version 1.1.1, the core 1.1.0',
      'packages/tcp asks for core 1.0.0, which is at 1.1.0',
      'packages/core/src/server/version.ts says 1.0.0, packages/core/package.json 1.1.0',
    ])
  })
})

describe('the lock file', () => {
  test('has every optional package and none that needs a script', () => {
    const lock = JSON.parse(workspace.files.get('package-lock.json')!) as Lock
    const { allowScripts } = JSON.parse(workspace.files.get('package.json')!) as Manifest
    expect(lockFaults(lock, allowScripts)).toEqual([])
  })

  test('a platform left out and a script are found', () => {
    const lock: Lock = {
      packages: {
        '': {},
        'node_modules/a': { optionalDependencies: { 'a-linux': '1.0.0', 'a-win32': '1.0.0', 'a-darwin': '1.0.0' } },
        'node_modules/a-linux': { hasInstallScript: true, optional: true },
        'node_modules/a/node_modules/a-win32': { hasInstallScript: true },
        'node_modules/b': { hasInstallScript: true },
      },
    }
    expect(lockFaults(lock, { b: false })).toEqual([
      'node_modules/a: its optional a-darwin is not locked',
      'node_modules/a/node_modules/a-win32 runs a script at install',
    ])
  })
})

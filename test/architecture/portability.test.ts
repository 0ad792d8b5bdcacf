import { expect, test } from 'vitest'
import { graphOf } from './graph.js'
import { portabilityFaults } from './portability.js'
import { readWorkspace, workspaceOf } from './workspace.js'

test('only what is marked as Node reaches Node', () => {
  expect(portabilityFaults(graphOf(readWorkspace()))).toEqual([])
})

test('a builtin, a package for Node and a global of Node are found in a portable file', () => {
  const files = {
    'packages/core/src/peer/peer.ts': [
      "import type { Socket } from 'node:net'",
      "import { EventEmitter } from 'events'",
      "import { WebSocket } from 'ws'",
      'export const isBuffer = (x: Uint8Array) => x instanceof Buffer',
    ].join('\n'),
  }
  expect(portabilityFaults(graphOf(workspaceOf(files)))).toEqual([
    "packages/core/src/peer/peer.ts:1 imports 'node:net', a Node builtin, in a portable file",
    "packages/core/src/peer/peer.ts:2 imports 'events', a Node builtin, in a portable file",
    "packages/core/src/peer/peer.ts:3 imports 'ws', a package for Node, in a portable file",
    'packages/core/src/peer/peer.ts:4 uses Buffer, a global of Node, in a portable file',
  ])
})

test('a file for Node is found where it is imported, unless a map has another for the rest', () => {
  const files = {
    'packages/core/package.json': JSON.stringify({
      name: '@ethspan/core',
      exports: { './netutil': { 'ethspan-source': './src/netutil.node.ts' } },
      imports: { '#crypto': { 'ethspan-source': { node: './src/crypto.node.ts', default: './src/crypto.ts' } } },
    }),
    'packages/core/src/netutil.node.ts': "import 'node:net'",
    'packages/core/src/crypto.node.ts': "import 'node:crypto'",
    'packages/core/src/crypto.ts': '',
    'packages/core/src/index.ts': "import '#crypto'\nimport './crypto.node.js'",
    'packages/websocket/src/index.ts': "import '@ethspan/core/netutil'",
    'packages/websocket/src/listener/index.ts': "import '@ethspan/core/netutil'\nimport 'ws'\nprocess.cwd()",
  }
  expect(portabilityFaults(graphOf(workspaceOf(files)))).toEqual([
    "packages/core/src/index.ts:2 imports './crypto.node.js', a file for Node, in a portable file",
    "packages/websocket/src/index.ts:1 imports '@ethspan/core/netutil', a file for Node, in a portable file",
  ])
})

test('members and keys that are called like a global of Node are no fault', () => {
  const files = {
    'packages/core/src/crypto/cipher.ts':
      'export class C { process(x: { process(): void; global: 1 }) { x.process(); return { require: 1 } } }',
  }
  expect(portabilityFaults(graphOf(workspaceOf(files)))).toEqual([])
})

import { expect, test } from 'vitest'
import { importCircles } from './cycles.js'
import { graphOf } from './graph.js'
import { readWorkspace, workspaceOf } from './workspace.js'

test('no files import each other, not even for a type', () => {
  expect(importCircles(graphOf(readWorkspace()))).toEqual([])
})

test('a circle of type-only imports is found and told', () => {
  const files = {
    'packages/core/src/a.ts': "import type { B } from './b.js'",
    'packages/core/src/b.ts': "export type { C } from './c.js'",
    'packages/core/src/c.ts': "export type C = import('./a.js').A",
    'packages/core/src/d.ts': "import './a.js'",
    'packages/core/src/e.ts': "export * from './e.js'",
  }
  expect(importCircles(graphOf(workspaceOf(files)))).toEqual([
    'packages/core/src/a.ts -> packages/core/src/b.ts -> packages/core/src/c.ts -> packages/core/src/a.ts',
    'packages/core/src/e.ts -> packages/core/src/e.ts',
  ])
})

test('a circle through two packages is found', () => {
  const manifest = (name: string) => JSON.stringify({ name, exports: { '.': { 'ethspan-source': './src/index.ts' } } })
  const files = {
    'packages/core/package.json': manifest('@ethspan/core'),
    'packages/core/src/index.ts': "await import('@ethspan/tcp')",
    'packages/tcp/package.json': manifest('@ethspan/tcp'),
    'packages/tcp/src/index.ts': "import '@ethspan/core'",
  }
  expect(importCircles(graphOf(workspaceOf(files)))).toEqual([
    'packages/core/src/index.ts -> packages/tcp/src/index.ts -> packages/core/src/index.ts',
  ])
})

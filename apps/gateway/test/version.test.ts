import { expect, test } from 'vitest'
import { clientName, version } from '../src/version.js'

const before = (identity: string) => `ethspan${identity}/v${version}/${process.platform}-${process.arch}`

test.each([
  { runtime: 'node26', versions: { node: '26.12.1', v8: '14.6.202.33' } },
  { runtime: 'bun1', versions: { node: '26.3.0', bun: '1.4.5' } },
  { runtime: 'deno2', versions: { node: '26.3.0', deno: '2.9.6' } },
])('$runtime is named', ({ runtime, versions }) => {
  expect(clientName(undefined, versions)).toBe(`${before('')}/${runtime}`)
})

test("its owner's name comes first, and the runtime is this one", () => {
  expect(clientName('attic')).toBe(`${before('/attic')}/node${process.versions.node.split('.')[0]}`)
})

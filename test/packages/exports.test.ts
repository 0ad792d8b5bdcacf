// What is published resolves, for Node and for bundlers, with types: asked of the tools that know the usual mistakes.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PUBLISHED, pack, ROOT, runTool, type Tarball, temporaryFolder } from './pack.js'

const published = PUBLISHED.map(({ folder, isLibrary }, i) => ({ folder, isLibrary, i }))
let tarballs: Tarball[]
let remove: () => Promise<void>

beforeAll(async () => {
  const temporary = await temporaryFolder()
  remove = temporary.remove
  tarballs = await pack(
    PUBLISHED.map(({ folder }) => folder),
    temporary.folder,
  )
})
afterAll(() => remove())

test.each(published)('$folder ships its licence, its README, its code and nothing else', ({ i }) => {
  const { files } = tarballs[i]!
  expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md']))
  const code = /^(package\.json|LICENSE|README\.md|bin\/.+\.js|(dist|src)\/.+\.(ts|js|map))$/
  expect(files.filter((path) => !code.test(path))).toEqual([])
})

test.each(published)('publint finds nothing in $folder', async ({ i }) => {
  expect(await runTool('publint', [tarballs[i]!.path, '--strict'], ROOT)).toContain('All good!')
})

// The profile leaves out require() and the resolution before `exports`: all packages are ES modules, for Node 20 and later.
test.each(published.filter(({ isLibrary }) => isLibrary))('attw finds the types of $folder', async ({ i }) => {
  expect(await runTool('attw', [tarballs[i]!.path, '--profile', 'esm-only'], ROOT)).toContain(tarballs[i]!.name)
})

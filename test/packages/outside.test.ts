// Our packages as others have them: from `npm pack`, installed in a project that knows nothing of this checkout.
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Rolldown } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  dependencyFolders,
  installInto,
  pack,
  ROOT,
  run,
  runTool,
  STACK,
  type Tarball,
  temporaryFolder,
} from './pack.js'

/** Bytes of gzip that a page pays for core and websocket before anything that is loaded beside them. */
const SIZE_BUDGET = 40_000

const SOURCES = join(ROOT, 'test/packages/outside')

let folder: string
let remove: () => Promise<void>
let ours: Tarball[]
let dependencies: Tarball[]

beforeAll(async () => {
  const temporary = await temporaryFolder()
  folder = temporary.folder
  remove = temporary.remove
  const tarballs = join(folder, 'tarballs')
  await mkdir(tarballs)
  ours = await pack(STACK, tarballs)
  dependencies = await pack(await dependencyFolders(STACK), tarballs)
})
afterAll(() => remove())

/** A project with one of the programs of `outside/` as its only source, and these packages. */
async function project(source: string, packages: readonly Tarball[]): Promise<string> {
  const path = join(folder, source.replace(/\..*$/, ''))
  await mkdir(path)
  await cp(join(SOURCES, source), join(path, source))
  await installInto(path, packages, dependencies)
  return path
}

/** Type-checks a project, our declarations included, and leaves the compiled program beside its source. */
async function compile(path: string, options: Record<string, unknown>): Promise<void> {
  const config = {
    compilerOptions: { target: 'es2022', strict: true, skipLibCheck: false, verbatimModuleSyntax: true, ...options },
    include: ['*.ts'],
  }
  await writeFile(join(path, 'tsconfig.json'), JSON.stringify(config))
  await runTool('tsc', ['-p', '.'], path)
}

const RESOLUTIONS = [
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
]

describe('a project in Node', () => {
  let path: string
  beforeAll(async () => {
    path = await project('echo.ts', ours)
  })

  test.each(RESOLUTIONS)('types resolve with $moduleResolution', async (resolution) => {
    await compile(path, {
      ...resolution,
      lib: ['es2023'],
      types: ['node'],
      typeRoots: [join(ROOT, 'node_modules/@types')],
    })
  })

  test('two servers echo over TCP', async () => {
    expect(await run(process.execPath, ['echo.js'], path)).toBe('echoed hello\n')
  })

  test('they do without the library of secp256k1, and without any WASM', async () => {
    expect(await run(process.execPath, ['--jitless', 'echo.js'], path)).toBe('echoed hello\n')
    await rm(join(path, 'node_modules/@bitauth'), { recursive: true })
    expect(await run(process.execPath, ['echo.js'], path)).toBe('echoed hello\n')
  })
})

describe('a page by Vite', () => {
  let path: string
  beforeAll(async () => {
    path = await project(
      'page.ts',
      ours.filter(({ name }) => name !== '@ethspan/tcp'),
    )
  })

  test.each(RESOLUTIONS)('types resolve with $moduleResolution, without those of Node', async (resolution) => {
    await compile(path, { ...resolution, noEmit: true, lib: ['es2023', 'dom'], types: [] })
  })

  test('the bundle has nothing of Node, and its size stays in the budget', async () => {
    const app = await bundle(path, 'page.ts')
    const whole = await bundle(
      path,
      'everything.ts',
      "export * as core from '@ethspan/core'\nexport * as websocket from '@ethspan/websocket'\n",
    )
    for (const { modules, outside } of [app, whole]) {
      expect(outside).toEqual([])
      expect(modules.filter((id) => /__vite-browser-external|\.node\.js$|\/node_modules\/ws\//.test(id))).toEqual([])
      expect(modules.filter((id) => id.includes('/@ethspan/') && !id.includes('/dist/'))).toEqual([])
    }
    const kB = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`
    console.info(
      `core + websocket in a page, gzip: ${kB(app.first)} at once, ${kB(app.later)} beside it; ` +
        `every export of both: ${kB(whole.first)} and ${kB(whole.later)}; budget ${kB(SIZE_BUDGET)}`,
    )
    expect(app.first).toBeLessThanOrEqual(SIZE_BUDGET)
    expect(whole.first).toBeLessThanOrEqual(SIZE_BUDGET)
  })
})

interface Bundle {
  /** Bytes of gzip in the entry and all that it imports statically. */
  readonly first: number
  /** Bytes of gzip in what is loaded on demand. */
  readonly later: number
  readonly modules: readonly string[]
  /** What the bundle imports and does not contain. */
  readonly outside: readonly string[]
}

/** Builds a page's script with Vite for browsers. `text`, if given, is written to `entry` first. */
async function bundle(root: string, entry: string, text?: string): Promise<Bundle> {
  if (text !== undefined) await writeFile(join(root, entry), text)
  const options = { input: join(root, entry), preserveEntrySignatures: 'strict' } as const
  const output = (await build({
    root,
    configFile: false,
    logLevel: 'error',
    mode: 'production',
    build: { write: false, modulePreload: { polyfill: false }, rolldownOptions: options },
  })) as Rolldown.RolldownOutput
  const chunks = new Map(
    output.output.flatMap((file) => (file.type === 'chunk' ? [[file.fileName, file] as const] : [])),
  )
  const atOnce = new Set<string>()
  const follow = (name: string) => {
    if (atOnce.has(name)) return
    atOnce.add(name)
    for (const imported of chunks.get(name)?.imports ?? []) follow(imported)
  }
  for (const chunk of chunks.values()) if (chunk.isEntry) follow(chunk.fileName)
  const size = (names: readonly string[]) =>
    names.reduce((sum, name) => sum + gzipSync(chunks.get(name)?.code ?? '', { level: 9 }).length, 0)
  const all = [...chunks.values()]
  return {
    first: size([...atOnce]),
    later: size([...chunks.keys()].filter((name) => !atOnce.has(name))),
    modules: all.flatMap((chunk) => chunk.moduleIds),
    outside: all.flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports]).filter((name) => !chunks.has(name)),
  }
}

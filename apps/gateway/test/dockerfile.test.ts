// docs/Dockerfile, read as Docker reads it. No engine runs here: what it copies and runs is tried by hand.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parseCommandLine } from '../src/cli.js'
import { DEFAULT_METRICS_PORT } from '../src/metrics/http.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))

interface Step {
  readonly name: string
  readonly args: string
}

/** Instructions by stage; lines that go on are joined, comments left out. */
function stages(text: string): Step[][] {
  const lines = text
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const all: Step[][] = []
  for (const line of lines) {
    const [, name = '', args = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? []
    if (name === 'FROM') all.push([])
    all.at(-1)?.push({ name, args })
  }
  return all
}

const dockerfile = readFileSync(path.join(root, 'docs/Dockerfile'), 'utf8')
const [build = [], image = []] = stages(dockerfile)
const argsOf = (steps: readonly Step[], name: string) =>
  steps.filter((step) => step.name === name).map(({ args }) => args)

test('has two stages on the image of the same Node', () => {
  expect(stages(dockerfile)).toHaveLength(2)
  expect(argsOf(build, 'FROM')).toEqual(['node:20-slim AS build'])
  expect(argsOf(image, 'FROM')).toEqual(['node:20-slim'])
})

test('copies what is there once it is built', () => {
  expect(argsOf(build, 'COPY')).toEqual(['. .'])
  const sources = argsOf(image, 'COPY').flatMap((args) => {
    const [from, ...paths] = args.split(/\s+/)
    expect(from).toBe('--from=build')
    return paths.slice(0, -1)
  })
  expect(sources.length).toBeGreaterThan(4)
  const inBuild = sources.map((source) => path.posix.relative('/build', source))
  expect(inBuild.filter((source) => !existsSync(path.join(root, source)))).toEqual([])
})

test('keeps out of the build what a checkout collects, and nothing that the build reads', () => {
  const ignored = readFileSync(path.join(root, '.dockerignore'), 'utf8')
  const rules = ignored.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  expect(rules).toEqual(expect.arrayContaining(['.git', '**/node_modules', '**/dist', '**/*.tsbuildinfo']))
  const read = ['package.json', 'package-lock.json', 'LICENSE', 'tsconfig.json', 'packages', 'apps']
  expect(read.filter((source) => rules.includes(source))).toEqual([])
})

describe('the container', () => {
  const user = argsOf(image, 'USER')
  const entry = JSON.parse(argsOf(image, 'ENTRYPOINT')[0] ?? '') as string[]
  const commandLine = parseCommandLine(entry.slice(1), { out: () => {}, err: () => {} })

  test('runs as a user that is not root, who owns its data', () => {
    expect(user).toEqual(['node'])
    expect(argsOf(image, 'RUN')).toEqual(['mkdir --mode=700 /data && chown node:node /data'])
    expect(argsOf(image, 'VOLUME')).toEqual(['/data'])
    // Nothing runs as root after it.
    expect(image.findIndex(({ name }) => name === 'USER')).toBeGreaterThan(
      image.findLastIndex(({ name }) => name === 'RUN'),
    )
  })

  test('starts the program with flags that it knows, on the ports that it tells of', () => {
    expect(entry[0]).toBe('ethspan')
    if (commandLine.kind !== 'run') throw new Error('the command line was refused')
    const { tcp, web, dataDir, metrics } = commandLine.config
    expect(argsOf(image, 'EXPOSE')).toEqual([`${tcp.port} ${web.port}`])
    expect([tcp.host, web.host]).toEqual(['0.0.0.0', '0.0.0.0'])
    expect(dataDir).toBe('/data')
    expect(metrics).toEqual({ host: '127.0.0.1', port: DEFAULT_METRICS_PORT })
  })

  test('asks its own health where the program answers', () => {
    const [check = ''] = argsOf(image, 'HEALTHCHECK')
    const [command, flag, script] = JSON.parse(/CMD (\[.*\])$/.exec(check)?.[1] ?? '') as string[]
    expect([command, flag]).toEqual(['node', '-e'])
    expect(script).toContain(`fetch('http://127.0.0.1:${DEFAULT_METRICS_PORT}/healthz')`)
  })
})

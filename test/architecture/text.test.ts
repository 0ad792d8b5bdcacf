import { describe, expect, test } from 'vitest'
import { filesOver, LONG, machinePaths, TOO_LONG } from './text.js'
import { readWorkspace } from './workspace.js'

const { files } = readWorkspace()

describe('length', () => {
  test(`no source file has more than ${TOO_LONG} lines`, () => {
    const long = filesOver(LONG, files)
    if (long.length > 0) console.info(`Over ${LONG} lines, and so to be told in parts:\n  ${long.join('\n  ')}`)
    expect(filesOver(TOO_LONG, files)).toEqual([])
  })

  test('a file that is too long is found, the last line break not counted', () => {
    const lines = (n: number) => 'x\n'.repeat(n)
    const examples = new Map([
      ['a.ts', lines(10)],
      ['b.css', lines(11)],
      ['c.tsx', `${lines(11)}x`],
      ['d.md', lines(99)],
    ])
    expect(filesOver(10, examples)).toEqual(['c.tsx: 12 lines', 'b.css: 11 lines'])
  })
})

describe('machine paths', () => {
  test('no file names a folder of one machine', () => {
    expect(machinePaths(files)).toEqual([])
  })

  test('a folder of one machine is found, a URL or a longer path is none', () => {
    // Put together here, so that this file names no such folder itself.
    const path = (...parts: string[]) => ['', ...parts, ''].join('/')
    const examples = new Map([
      ['a.md', `first\nsee ${path('work', 'main')}`],
      ['b.sh', `cd "${path('home', 'jane')}"`],
      ['c.md', `https://example.org${path('work', 'main')} and packages${path('root', 'x')} and ${path('homework')}`],
    ])
    expect(machinePaths(examples)).toEqual([
      `a.md:2: see ${path('work', 'main')}`,
      `b.sh:1: cd "${path('home', 'jane')}"`,
    ])
  })
})

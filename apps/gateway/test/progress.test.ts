import { describe, expect, test } from 'vitest'
import { duration, Progress } from '../src/commands/progress.js'

function screen(isTerminal: boolean, columns = 80) {
  const written: string[] = []
  let now = 0
  const progress = new Progress({ isTerminal, columns, err: (text) => written.push(text) }, () => now)
  const tell = (at: number, blocks: number, part: number) => {
    now = at
    progress.tell({ number: BigInt(blocks), blocks, part })
  }
  return { written, progress, tell }
}

describe('on a terminal', () => {
  test('one line is drawn over, not more often than it can be read', () => {
    const { written, tell, progress } = screen(true)
    tell(100, 50, 0.1)
    tell(150, 60, 0.12)
    tell(1_100, 550, 0.6)
    expect(written).toEqual([
      '\r\x1b[Kblock 50  500 blocks/s  10 %  0:01 left',
      '\r\x1b[Kblock 550  500 blocks/s  60 %  0:01 left',
    ])
    progress.clear()
    progress.clear()
    expect(written.slice(2)).toEqual(['\r\x1b[K'])
  })

  test('is never wider than the terminal', () => {
    const { written, tell } = screen(true, 20)
    tell(1, 1, 0.5)
    expect(written[0]).toBe('\r\x1b[Kblock 1  1000 block')
  })

  test('tells the speed of the last seconds, not of all', () => {
    const { written, tell } = screen(true)
    tell(1_000, 1_000, 0.1)
    tell(50_000, 1_100, 0.11)
    tell(56_000, 1_112, 0.12)
    expect(written.at(-1)).toContain('2.0 blocks/s')
  })
})

describe('elsewhere', () => {
  test('a line is written now and then, and none where it is done before', () => {
    const { written, tell, progress } = screen(false)
    tell(1_000, 100, 0.1)
    tell(7_999, 800, 0.8)
    expect(written).toEqual([])
    tell(8_000, 801, 0.8)
    tell(9_000, 900, 0.9)
    expect(written).toEqual([expect.stringMatching(/^block 801 {2}100 blocks\/s {2}80 %.*\n$/)])
    progress.clear()
    expect(written).toHaveLength(1)
  })
})

test.each([
  [0, '0:00'],
  [7.4, '0:07'],
  [59.6, '1:00'],
  [750, '12:30'],
  [11_100, '3:05:00'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text)
})

import { EthspanError } from '@ethspan/core'
import { expect, test } from 'vitest'
import { createLog, errorText, logfmt } from '../src/log.js'

function capture() {
  const lines: string[] = []
  return { lines, stream: { write: (line: string) => void lines.push(line) } }
}

test.each([
  [0, 0],
  [1, 1],
  [2, 2],
  [3, 3],
  [4, 4],
  [5, 5],
])('verbosity %i lets %i levels through', (verbosity, count) => {
  const { lines, stream } = capture()
  const log = createLog({ verbosity, format: 'json' }, stream)
  for (const level of ['error', 'warn', 'info', 'debug', 'trace'] as const) log[level]('x')
  expect(lines).toHaveLength(count)
})

test('what strangers send can’t control a terminal or fill a disk', () => {
  const { lines, stream } = capture()
  const log = createLog({ verbosity: 3, format: 'json' }, stream)
  log.info('a\u001b[2J', {
    client: `\u202e\u0007${'x'.repeat(999)}`,
    error: new Error('b\nc'),
    bytes: Uint8Array.of(1, 255),
    big: 5n,
  })
  const { msg, client, error, bytes, big } = JSON.parse(lines[0] ?? '')
  expect([msg, error, bytes, big]).toEqual(['a[2J', 'b c', '01ff', '5'])
  expect(client).toHaveLength(300)
})

test('logfmt', () => {
  const { lines, stream } = capture()
  createLog({ verbosity: 3, format: 'logfmt' }, logfmt(stream)).warn('two words', {
    peers: 3,
    client: 'a=b',
    empty: '',
  })
  expect(lines.join('')).toMatch(/^t=\S+ lvl=warn msg="two words" peers=3 client="a=b" empty=""\n$/)
})

test('an error of ours says it all, of others the cause may say more', () => {
  const cause = new Error('EPIPE')
  expect(errorText(new EthspanError('ERR_DIAL', 'no way', { cause }))).toBe('no way')
  expect(errorText(new Error('outer', { cause }))).toBe('outer: EPIPE')
})

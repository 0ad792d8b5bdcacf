import { EthspanError } from '@ethspan/core'
import { moduleLogger } from '@ethspan/node'
import { describe, expect, test } from 'vitest'
import { createLog, errorText, type LogFormat, logfmt, parseVmodule, terminal } from '../src/log.js'

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

describe('levels by module', () => {
  const heard = (verbosity: number, vmodule: string, module?: string) => {
    const { lines, stream } = capture()
    const log = createLog({ verbosity, format: 'json', vmodule: parseVmodule(vmodule) }, stream)
    for (const level of ['error', 'warn', 'info', 'debug', 'trace'] as const) {
      log[level]('x', module === undefined ? {} : { module })
    }
    return lines.length
  }

  test.each([
    [3, 'p2p=4,rpc=5', 'p2p', 4],
    [3, 'p2p=4,rpc=5', 'rpc', 5],
    [3, 'p2p=4,rpc=5', 'eth', 3],
    [3, 'p2p=4,rpc=5', undefined, 3],
    [3, 'p2p=1', 'p2p', 1],
    [0, 'p2p=0', 'p2p', 0],
    [3, 'p2p=4', 'p2p/dial', 3],
    [3, 'p2p/*=4', 'p2p/dial', 4],
    [3, 'p2p/*=4', 'p2p', 3],
    [3, 'p2p=5,p2p=2', 'p2p', 2],
    [3, '', 'p2p', 3],
  ])('at %i with "%s", %s is heard up to level %i', (verbosity, vmodule, module, count) => {
    expect(heard(verbosity, vmodule, module)).toBe(count)
  })

  test('a logger of @ethspan/node’s carries its module', () => {
    const { lines, stream } = capture()
    const log = createLog({ verbosity: 1, format: 'json', vmodule: parseVmodule('p2p=4') }, stream)
    moduleLogger(log, 'p2p').debug('dialing')
    moduleLogger(log, 'rpc').debug('called')
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { level: 'debug', time: expect.any(String), module: 'p2p', msg: 'dialing' },
    ])
  })

  test.each(['p2p', 'p2p=6', 'p2p=', '=3', 'p2p=debug', 'p2p=4;rpc=5', '*=3'])('"%s" can’t be read', (text) => {
    expect(() => parseVmodule(text)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  })
})

describe.each(['terminal', 'json', 'logfmt'] as const)('no peer can forge a line of %s', (format: LogFormat) => {
  const breaks = [
    '\n',
    '\r',
    '\r\n',
    '\u0085',
    '\u2028',
    '\u2029',
    '\v',
    '\f',
    '\u001b[1A\u001b[2K',
    '\u009b2J',
    '\u0000',
    '\u202e',
  ]

  /** What is written where one line with `text` in every place a service might put it is logged. */
  function written(text: string): string {
    const { lines, stream } = capture()
    const target = { json: () => stream, logfmt: () => logfmt(stream), terminal: () => terminal(stream, false) }[
      format
    ]()
    const log = createLog({ verbosity: 3, format }, target)
    log.info(`from ${text}`, {
      client: text,
      error: new Error(text, { cause: new Error(text) }),
      list: [text, [text, { deep: text }]],
      record: { [text]: text, nested: { caps: [text] } },
      [text]: 1,
    })
    return lines.join('')
  }

  test.each(breaks.map((text) => [JSON.stringify(text), text]))('by %s', (_name, text) => {
    const out = written(`x${text}level=error INFO forged`)
    expect(out.endsWith('\n')).toBe(true)
    expect(out.slice(0, -1)).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}\u202e]+$/u)
  })

  test('nor more than a line’s worth', () => {
    const { lines, stream } = capture()
    const log = createLog({ verbosity: 3, format: 'json' }, stream)
    let deep: unknown = 'x'.repeat(1000)
    for (let i = 0; i < 10_000; i++) deep = [deep]
    log.info('x', { deep, many: Array.from({ length: 100_000 }, () => 1n), level: 'error', time: 0, msg: 'y' })
    expect(lines.join('').length).toBeLessThan(1000)
    expect(JSON.parse(lines.join(''))).toMatchObject({ level: 'info', msg: 'x', level_: 'error', msg_: 'y' })
  })
})

test('people see the module first, then what it says', () => {
  const { lines, stream } = capture()
  createLog({ verbosity: 3, format: 'terminal' }, terminal(stream, false)).warn('dial failed', {
    module: 'p2p',
    peers: 3,
  })
  expect(lines.join('')).toMatch(/^\[\d\d:\d\d:\d\d\] WARN: p2p: dial failed \{"peers":3\}\n$/)
})

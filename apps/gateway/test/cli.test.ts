import { describe, expect, test } from 'vitest'
import { parseCommandLine } from '../src/cli.js'
import type { GatewayConfig } from '../src/config.js'

const key =
  '1dd9d65c4552b5eb43d5ad55a2ee3f56c6cbc1c64a5c8d659f51fcd51bace24351232b8d7821617d2b29b54b81cdefb9b3e9c37d7fd5f63270bcc9e1a6f6a439'
const enode = `enode://${key}@127.0.0.1:30303`

function parse(...args: string[]) {
  let out = ''
  let err = ''
  const commandLine = parseCommandLine(args, {
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
    },
  })
  return { commandLine, out, err }
}

function configOf(...args: string[]): GatewayConfig {
  const { commandLine } = parse(...args)
  if (commandLine.kind !== 'run') throw new Error('the command line was refused')
  return commandLine.config
}

test('without flags everything is on loopback, on the known ports, with a page', () => {
  expect(configOf('--datadir', '/d')).toEqual({
    key: { kind: 'datadir', dataDir: '/d' },
    tcp: { host: '127.0.0.1', port: 30303 },
    web: { host: '127.0.0.1', port: 8547, page: true, trustProxy: false },
    maxPeers: 50,
    maxPendingPeers: 50,
    netRestrict: [],
    staticNodes: [],
    trustedNodes: [],
  })
})

describe('each flag', () => {
  test.each<[string[], object]>([
    [['--port', '0'], { tcp: { port: 0 } }],
    [['--addr', '0.0.0.0'], { tcp: { host: '0.0.0.0' } }],
    [['--addr', '::1'], { tcp: { host: '::1' } }],
    [['--web.port', '80'], { web: { port: 80 } }],
    [['--web.addr', 'localhost'], { web: { host: 'localhost' } }],
    [['--nodekey', 'file'], { key: { kind: 'file', path: 'file' } }],
    [['--nodekeyhex', 'ab'], { key: { kind: 'hex', hex: 'ab' } }],
    [['--identity', 'my-node'], { identity: 'my-node' }],
    [['--maxpeers', '7'], { maxPeers: 7 }],
    [['--maxpendpeers', '8'], { maxPendingPeers: 8 }],
    [['--netrestrict', '10.0.0.0/8,fd00::/8'], { netRestrict: ['10.0.0.0/8', 'fd00::/8'] }],
    [['--netrestrict', '10.0.0.0/8', '--netrestrict', 'fd00::/8'], { netRestrict: ['10.0.0.0/8', 'fd00::/8'] }],
    [['--trusted', enode], { trustedNodes: [enode] }],
    [['--peers', `${enode}, ${enode}`], { staticNodes: [enode, enode] }],
    [['--no-page'], { web: { page: false } }],
    [
      ['--web.origins', 'https://a.example,http://b.example:80'],
      { web: { origins: ['https://a.example', 'http://b.example'] } },
    ],
    [['--web.origins', '*'], { web: { origins: ['*'] } }],
    [['--web.external-url', 'https://x.example/n/'], { web: { externalUrl: new URL('https://x.example/n/') } }],
    [['--web.trust-proxy'], { web: { trustProxy: true } }],
    [['--metrics'], { metrics: { host: '127.0.0.1', port: 6060 } }],
    [['--metrics', '--metrics.addr', '::1', '--metrics.port', '0'], { metrics: { host: '::1', port: 0 } }],
  ])('%j', (args, expected) => {
    expect(configOf(...args)).toMatchObject(expected)
  })

  test('--verbosity and --log.format', () => {
    expect(parse().commandLine).toMatchObject({ log: { verbosity: 3, format: 'terminal' } })
    const { commandLine } = parse('--verbosity', '5', '--log.format', 'json')
    expect(commandLine).toMatchObject({ log: { verbosity: 5, format: 'json' } })
  })

  test('--log.vmodule, also several times', () => {
    const { commandLine } = parse('--log.vmodule', 'p2p=4,rpc=5', '--log.vmodule', 'eth/*=1')
    const vmodule = [
      { pattern: 'p2p', level: 4 },
      { pattern: 'rpc', level: 5 },
      { pattern: 'eth/*', level: 1 },
    ]
    expect(commandLine).toMatchObject({ log: { vmodule } })
    expect(parse('--log.vmodule', 'p2p=6').err).toContain('"p2p=6" is not a module and its level')
  })
})

describe('a node that joins another one', () => {
  test('takes free ports and serves no page', () => {
    expect(configOf('--peers', enode)).toMatchObject({ tcp: { port: 0 }, web: { port: 0, page: false } })
  })

  test('unless it is told otherwise', () => {
    const config = configOf('--peers', enode, '--port', '30303', '--web.port', '8547', '--page')
    expect(config).toMatchObject({ tcp: { port: 30303 }, web: { port: 8547, page: true } })
  })
})

describe('a wrong command line is one line and exit code 2', () => {
  test.each([
    [['--prot', '1'], "unknown option '--prot' (Did you mean --port?)"],
    [['--port'], "option '--port <n>' argument missing"],
    [['--port', 'x'], 'It is not a number from 0 to 65535.'],
    [['--port', '65536'], 'It is not a number from 0 to 65535.'],
    [['--port', '-1'], 'It is not a number from 0 to 65535.'],
    [['--port', '1e3'], 'It is not a number from 0 to 65535.'],
    [['--maxpendpeers', '0'], 'It is not a number from 1 to 10000.'],
    [['--verbosity', '6'], 'It is not a number from 0 to 5.'],
    [['--log.format', 'xml'], 'Allowed choices are terminal, json, logfmt.'],
    [['--addr', '1.2.3.4:5'], 'a port has its own flag'],
    [['--addr', ''], 'It is not an IP address'],
    [['--netrestrict', '10.0.0.0'], '"10.0.0.0" is not a network such as 10.0.0.0/8.'],
    [['--netrestrict', '10.0.0.0/33'], 'is not a network'],
    [['--peers', 'enode://12@1.2.3.4:5'], 'The public key has 2 hex digits instead of 128'],
    [['--peers', `${enode},`], 'An item of the list is empty.'],
    [['--peers', 'http://example.org'], 'is not a node address'],
    [['--web.origins', 'example.org'], 'is not an origin such as https://example.org.'],
    [['--web.origins', 'https://example.org/path'], 'is not an origin'],
    [['--web.external-url', 'ftp://x'], 'It is not a URL such as https://example.org/.'],
    [['--web.external-url', 'https://x/?q'], 'It is not a URL'],
    [['--identity', 'a/b'], 'letters, digits, dots, dashes and underscores'],
    [['--datadir', ''], 'It is empty.'],
    [['--nodekey', 'f', '--nodekeyhex', 'ab'], 'cannot be used with'],
    [['something'], 'too many arguments'],
  ])('%j', (args, message) => {
    const { commandLine, out, err } = parse(...args)
    expect(commandLine).toEqual({ kind: 'exit', code: 2 })
    expect(out).toBe('')
    expect(err).toContain(message)
    expect(err).toMatch(/^ethspan: [^\n]*\(ethspan --help says more\)\n$/)
  })
})

test('--help and --version go to standard output and exit with 0', () => {
  const help = parse('--help')
  expect(help.commandLine).toEqual({ kind: 'exit', code: 0 })
  for (const part of ['--peers', '--web.external-url', 'Examples:', 'Ctrl-C']) expect(help.out).toContain(part)
  expect(Math.max(...help.out.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(120)
  expect(parse('--version')).toMatchObject({ commandLine: { code: 0 }, out: '0.1.0\n', err: '' })
})

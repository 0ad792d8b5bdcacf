import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseCommandLine } from '../src/cli.js'
import type { GatewayConfig } from '../src/config.js'
import { temporaryFolder } from './support.js'

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

test('without flags everything is on loopback, on the known ports, with a page and a development chain', () => {
  const apis = ['net', 'web3', 'eth']
  expect(configOf('--datadir', '/d')).toEqual({
    dataDir: '/d',
    ifLocked: 'refuse',
    rpc: {
      ipc: {},
      http: { enabled: false, host: '127.0.0.1', port: 8545, apis, cors: [], vhosts: ['localhost'] },
      ws: { enabled: false, host: '127.0.0.1', port: 8546, apis, origins: [] },
    },
    chain: {
      choice: { kind: 'dev' },
      place: 'data-dir',
      execute: true,
      blockPeriod: 3,
      importFiles: [],
      trustedHeads: [],
      rpcLimits: {},
      pool: { priceLimit: 1, priceBump: 10, accountSlots: 16, globalSlots: 5120 },
    },
    stats: {},
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
    [['--datadir', 'd'], { dataDir: 'd' }],
    [['--ipcpath', 'x.ipc'], { rpc: { ipc: { path: 'x.ipc' } } }],
    [['--http'], { rpc: { http: { enabled: true } } }],
    [['--http.addr', '0.0.0.0', '--http.port', '0'], { rpc: { http: { enabled: false, host: '0.0.0.0', port: 0 } } }],
    [['--http.api', 'admin, net'], { rpc: { http: { apis: ['admin', 'net'] } } }],
    [['--http.corsdomain', 'https://a.example,*'], { rpc: { http: { cors: ['https://a.example', '*'] } } }],
    [['--http.vhosts', 'node.example', '--http.vhosts', 'b'], { rpc: { http: { vhosts: ['node.example', 'b'] } } }],
    [['--http.vhosts', ''], { rpc: { http: { vhosts: [] } } }],
    [['--ws'], { rpc: { ws: { enabled: true } } }],
    [['--ws.addr', '::1', '--ws.port', '1'], { rpc: { ws: { host: '::1', port: 1 } } }],
    [['--ws.api', 'admin'], { rpc: { ws: { apis: ['admin'] } } }],
    [['--ws.origins', '*'], { rpc: { ws: { origins: ['*'] } } }],
    [
      ['--authrpc.jwtsecret', 'f'],
      { rpc: { auth: { host: '127.0.0.1', port: 8551, vhosts: ['localhost'], jwtSecret: 'f' } } },
    ],
    [['--authrpc.addr', '::1', '--authrpc.port', '0'], { rpc: { auth: { host: '::1', port: 0 } } }],
    [['--authrpc.vhosts', 'a,b'], { rpc: { auth: { vhosts: ['a', 'b'] } } }],
    [['--metrics'], { metrics: { host: '127.0.0.1', port: 6060 } }],
    [['--metrics', '--metrics.addr', '::1', '--metrics.port', '0'], { metrics: { host: '::1', port: 0 } }],
  ])('%j', (args, expected) => {
    expect(configOf(...args)).toMatchObject(expected)
  })

  test('--ipcdisable', () => {
    expect(configOf('--ipcdisable').rpc).not.toHaveProperty('ipc')
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

  test('does without a data directory that is in use, unless it is named', () => {
    expect(configOf('--peers', enode)).toMatchObject({ ifLocked: 'do-without' })
    expect(configOf('--peers', enode, '--datadir', 'd')).toMatchObject({ ifLocked: 'refuse', dataDir: 'd' })
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
    [['something'], "unknown command 'something'"],
    [['--port', '0', 'something'], "there is nothing to do with the word 'something'"],
    [['--port', '0', 'attach'], "there is nothing to do with the word 'attach'"],
    [['run', '--prot', '1'], "unknown option '--prot' (Did you mean --port?)"],
    [['attach', '--json'], "option '--json' needs '--exec <code>'"],
    [['attach', 'a', 'b'], 'too many arguments'],
    [['peers', '--port', '1'], "unknown option '--port'"],
    [['key', 'generate'], "missing required argument 'file'"],
    [['key', 'to-enr', 'f', '--ip', 'localhost'], 'It is not an IP address.'],
    [['key', 'to-enode', 'f', '--ws', 'http://x'], 'It is not a URL such as wss://example.org/p2p.'],
    [['enrdump'], "missing required argument 'record'"],
    [['rlpx', 'ping', 'enode://12@1.2.3.4:5'], 'The public key has 2 hex digits instead of 128'],
  ])('%j', (args, message) => {
    const { commandLine, out, err } = parse(...args)
    expect(commandLine).toEqual({ kind: 'exit', code: 2 })
    expect(out).toBe('')
    expect(err).toContain(message)
    expect(err).toMatch(/^ethspan: [^\n]*\(ethspan[a-z -]* --help says more\)\n$/)
  })
})

describe('the other commands', () => {
  test.each([
    [['run', '--port', '0'], { kind: 'run', config: { tcp: { port: 0 } } }],
    [['attach'], { kind: 'attach', options: { endpoint: undefined, exec: undefined, json: false } }],
    [
      ['attach', 'ws://x', '--exec', 'admin.peers', '--json', '--datadir', 'd'],
      { kind: 'attach', options: { endpoint: 'ws://x', dataDir: 'd', exec: 'admin.peers', json: true } },
    ],
    [['peers'], { kind: 'peers', options: { endpoint: undefined, watch: false, json: false } }],
    [
      ['peers', 'x.ipc', '--watch', '--json'],
      { kind: 'peers', options: { endpoint: 'x.ipc', watch: true, json: true } },
    ],
    [['rlpx', 'ping', enode, '--json'], { kind: 'rlpx ping', options: { node: enode, json: true } }],
    [['key', 'generate', 'f'], { kind: 'key', options: { action: 'generate', file: 'f', json: false } }],
    [['key', 'to-id', 'f', '--json'], { kind: 'key', options: { action: 'to-id', file: 'f', json: true } }],
    [
      ['key', 'to-enode', 'f', '--ip', '::1', '--tcp', '1', '--ws', 'ws://x/p2p'],
      { kind: 'key', options: { action: 'to-enode', address: { ip: '::1', tcp: 1, udp: 1, ws: 'ws://x/p2p' } } },
    ],
    [
      ['key', 'to-enr', 'f', '--udp', '2', '--seq', '7'],
      { kind: 'key', options: { action: 'to-enr', seq: 7, address: { ip: '127.0.0.1', tcp: 30303, udp: 2 } } },
    ],
    [['enrdump', '-'], { kind: 'enrdump', options: { source: '-', json: false } }],
  ])('%j', (args, expected) => {
    expect(parse(...args).commandLine).toMatchObject(expected)
  })

  test.each(['run', 'attach', 'peers', 'rlpx', 'rlpx ping', 'key', 'key generate', 'key to-enr', 'enrdump'])(
    '%s --help is help, and fits a terminal',
    (command) => {
      const { commandLine, out, err } = parse(...command.split(' '), '--help')
      expect([commandLine, err]).toEqual([{ kind: 'exit', code: 0 }, ''])
      expect(out).toContain(`Usage: ethspan ${command}`)
      expect(Math.max(...out.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(120)
    },
  )
})

describe('--config', () => {
  const file = (text: string) => {
    const name = path.join(temporaryFolder(), 'config.toml')
    writeFileSync(name, text)
    return name
  }

  test('sets flags by their names, in tables or in full', () => {
    const text = `
      maxpeers = 7
      peers = ["${enode}"]
      page = false
      http.enabled = true
      [web]
      port = 0
      origins = ["https://a.example", "https://b.example"]
      [log]
      format = "json"
      vmodule = "p2p=4"
      [authrpc]
      port = 8552
    `
    const { commandLine } = parse('--config', file(text))
    expect(commandLine).toMatchObject({
      config: {
        maxPeers: 7,
        staticNodes: [enode],
        tcp: { port: 0 },
        web: { page: false, port: 0, origins: ['https://a.example', 'https://b.example'] },
        rpc: { http: { enabled: true }, auth: { port: 8552 } },
      },
      log: { format: 'json', vmodule: [{ pattern: 'p2p', level: 4 }] },
    })
  })

  test('gives way to the command line, in lists and keys too', () => {
    const name = file(`port = 1\nnodekey = "f"\nnetrestrict = "10.0.0.0/8"\ndatadir = "d"`)
    const config = configOf('--config', name, '--port', '2', '--nodekeyhex', 'ab', '--netrestrict', 'fd00::/8')
    expect(config).toMatchObject({
      tcp: { port: 2 },
      key: { kind: 'hex', hex: 'ab' },
      netRestrict: ['fd00::/8'],
      dataDir: 'd',
    })
  })

  test.each([
    ['prot = 1', 'there is no flag called prot'],
    ['config = "x"', 'there is no flag called config'],
    ['"no-page" = true', 'there is no flag called no-page'],
    ['port = 70000', 'port: It is not a number from 0 to 65535.'],
    ['port = true', 'port: It is not text, a number or a list of these.'],
    ['http.enabled = 1', 'http: It is not true or false.'],
    ['log.format = "xml"', 'log.format: Allowed choices are terminal, json, logfmt.'],
    ['peers = [["a"]]', 'peers: It is not text, a number or a list of these.'],
    ['nodekey = "a"\nnodekeyhex = "b"', 'nodekey and nodekeyhex are two keys'],
  ])('refuses %j in one line, with exit code 1', (text, why) => {
    const { commandLine, out, err } = parse('--config', file(text))
    expect([commandLine, out]).toEqual([{ kind: 'exit', code: 1 }, ''])
    expect(err).toMatch(/^ethspan: [^\n]*config\.toml[^\n]*\n$/)
    expect(err).toContain(why)
  })
})

test('--help and --version go to standard output and exit with 0', () => {
  const help = parse('--help')
  expect(help.commandLine).toEqual({ kind: 'exit', code: 0 })
  for (const part of ['attach', 'rlpx', '--peers', '--http.api', '--web.external-url', 'Examples:', 'Ctrl-C'])
    expect(help.out).toContain(part)
  expect(Math.max(...help.out.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(120)
  expect(parse('--version')).toMatchObject({ commandLine: { code: 0 }, out: '0.1.0\n', err: '' })
})

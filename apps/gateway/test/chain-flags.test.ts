import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { defaultEthApiLimits } from '@ethspan/ethapi'
import { describe, expect, test } from 'vitest'
import { parseCommandLine } from '../src/cli.js'
import type { ChainSettings } from '../src/config.js'
import { temporaryFolder } from './support.js'

const key =
  '1dd9d65c4552b5eb43d5ad55a2ee3f56c6cbc1c64a5c8d659f51fcd51bace24351232b8d7821617d2b29b54b81cdefb9b3e9c37d7fd5f63270bcc9e1a6f6a439'
const enode = `enode://${key}@127.0.0.1:30303`
const other = `enode://${key}@127.0.0.1:30304`
const hash = `0x${'ab'.repeat(32)}`

function parse(...args: string[]) {
  let err = ''
  const output = {
    out: () => undefined,
    err: (text: string) => {
      err += text
    },
  }
  const commandLine = parseCommandLine(args, output)
  return { commandLine, err }
}

function configOf(...args: string[]) {
  const { commandLine, err } = parse(...args)
  if (commandLine.kind !== 'run') throw new Error(`the command line was refused: ${err}`)
  return commandLine.config
}

const chainOf = (...args: string[]): ChainSettings => {
  const { chain } = configOf(...args)
  if (chain === undefined) throw new Error('there is no chain')
  return chain
}

const configFile = (text: string) => {
  const name = path.join(temporaryFolder(), 'config.toml')
  writeFileSync(name, text)
  return name
}

describe('which chain', () => {
  test('a development chain in memory, of which the newest blocks are kept', () => {
    expect(chainOf()).toMatchObject({
      choice: { kind: 'dev' },
      place: 'memory',
      keep: 1024,
      blockPeriod: 3,
      execute: true,
    })
  })

  test('the same on disk, whole, where a data directory is named', () => {
    const chain = chainOf('--datadir', 'd')
    expect(chain).toMatchObject({ choice: { kind: 'dev' }, place: 'data-dir', blockPeriod: 3 })
    expect(chain).not.toHaveProperty('keep')
  })

  test('none, with --no-dev', () => {
    expect(configOf('--no-dev')).not.toHaveProperty('chain')
    expect(configOf('--no-dev').rpc.http.apis).toEqual(['net', 'web3'])
  })

  test.each<[string[], object]>([
    [['--genesis', 'g.json'], { kind: 'genesis', file: 'g.json' }],
    [['--mainnet'], { kind: 'network', name: 'mainnet' }],
    [['--sepolia'], { kind: 'network', name: 'sepolia' }],
    [['--hoodi'], { kind: 'network', name: 'hoodi' }],
    [['--holesky'], { kind: 'network', name: 'holesky' }],
  ])('%j: on disk, without blocks of its own, with a port for a consensus client', (args, choice) => {
    const { chain, rpc } = configOf(...args)
    expect(chain).toMatchObject({ choice, place: 'data-dir', execute: false })
    expect(chain).not.toHaveProperty('blockPeriod')
    expect(rpc.auth).toMatchObject({ host: '127.0.0.1', port: 8551 })
  })
})

test('a development chain has no port for a consensus client, unless it is asked for', () => {
  expect(configOf().rpc).not.toHaveProperty('auth')
  expect(configOf('--authrpc.port', '0').rpc).toHaveProperty('auth')
})

describe('each flag', () => {
  test.each<[string[], object]>([
    [['--dev'], { choice: { kind: 'dev' } }],
    [['--dev.period', '0'], { blockPeriod: 0 }],
    [['--networkid', '18446744073709551615'], { networkId: 18446744073709551615n }],
    [['--import', 'a.rlp, b.rlp.gz', '--import', 'c.rlp'], { importFiles: ['a.rlp', 'b.rlp.gz', 'c.rlp'] }],
    [['--genesis', 'g', '--execute'], { execute: true }],
    [['--keep', '64'], { keep: 64 }],
    [['--checkpoint', hash.toUpperCase().replace('X', 'x')], { checkpoint: hash }],
    [['--trusted-head', enode], { trustedHeads: [enode] }],
    [['--txpool.pricelimit', '7'], { pool: { priceLimit: 7 } }],
    [['--txpool.pricebump', '20'], { pool: { priceBump: 20 } }],
    [['--txpool.accountslots', '8'], { pool: { accountSlots: 8 } }],
    [['--txpool.globalslots', '9'], { pool: { globalSlots: 9 } }],
  ])('%j', (args, expected) => {
    expect(chainOf(...args)).toMatchObject(expected)
  })

  test('--trusted-head dials, beside --peers, each once', () => {
    const { staticNodes } = configOf('--trusted-head', enode, '--peers', `${enode},${other}`)
    expect(staticNodes).toEqual([enode, other])
  })

  test('--ethstats and --stats.secret', () => {
    const { stats } = configOf('--ethstats', 'me:hush@stats.example:443', '--stats.secret', 'ours')
    expect(stats).toEqual({ report: 'me:hush@stats.example:443', secret: 'ours' })
  })
})

describe('whoever joins a node of the development chain', () => {
  test('makes no blocks, executes none, and believes the nodes it names', () => {
    const chain = chainOf('--peers', enode)
    expect(chain).toMatchObject({ choice: { kind: 'dev' }, trustedHeads: [enode], execute: false, keep: 1024 })
    expect(chain).not.toHaveProperty('blockPeriod')
  })

  test('keeps all blocks where it executes them', () => {
    const chain = chainOf('--peers', enode, '--execute')
    expect(chain).toMatchObject({ execute: true })
    expect(chain).not.toHaveProperty('keep')
  })

  test('makes blocks where it is told to', () => {
    expect(chainOf('--peers', enode, '--dev')).toMatchObject({ blockPeriod: 3, trustedHeads: [] })
  })

  test('takes any free port for a consensus client', () => {
    expect(configOf('--peers', enode, '--sepolia').rpc.auth).toMatchObject({ port: 0 })
    expect(configOf('--peers', enode, '--sepolia', '--authrpc.port', '8551').rpc.auth).toMatchObject({ port: 8551 })
  })

  test('believes nobody on other chains', () => {
    expect(chainOf('--peers', enode, '--sepolia').trustedHeads).toEqual([])
  })
})

describe('what contradicts itself or can’t be read is one line and exit code 2', () => {
  test.each([
    [['--dev', '--sepolia'], "option '--dev' cannot be used with option '--sepolia'"],
    [['--genesis', 'g', '--mainnet'], "option '--genesis <file>' cannot be used with option '--mainnet'"],
    [['--genesis', ''], 'It is empty.'],
    [['--no-dev', '--execute'], "option '--execute' needs a chain, and '--no-dev' says there is none"],
    [['--no-dev', '--import', 'f'], "option '--import <file,…>' needs a chain"],
    [['--no-dev', '--trusted-head', enode], "option '--trusted-head <enode,…>' needs a chain"],
    [['--no-dev', '--ethstats', 'a:b@c'], "option '--ethstats <name:secret@host:port>' needs a chain"],
    [['--hoodi', '--dev.period', '1'], "option '--dev.period <s>' is for the development chain only"],
    [['--hoodi', '--execute'], "option '--execute' needs the accounts of the genesis block"],
    [['--genesis', 'g', '--execute', '--keep', '100'], "option '--keep <n>' cannot be used with option '--execute'"],
    [['--dev.period', '-1'], 'It is not a number from 0 to 3600.'],
    [['--networkid', '0'], 'It is not a number from 1 to 2^64 - 1.'],
    [['--networkid', '18446744073709551616'], 'It is not a number from 1 to 2^64 - 1.'],
    [['--keep', '63'], 'It is not a number from 64 to 999999999.'],
    [['--checkpoint', '0x12'], 'It is not 0x and 64 hex digits.'],
    [['--trusted-head', 'enode://12@1.2.3.4:5'], 'The public key has 2 hex digits instead of 128'],
    [['--import', 'a,'], 'An item of the list is empty.'],
    [['--ethstats', 'name@host'], 'It is not name:secret@host:port.'],
    [['--stats.secret', ''], 'It is empty.'],
    [['--txpool.pricebump', '0'], 'It is not a number from 1 to 1000.'],
    [['--txpool.globalslots', 'x'], 'It is not a number from 1 to 1000000.'],
    [['import'], "missing required argument 'files'"],
    [['import', 'f', '--no-dev'], "unknown option '--no-dev'"],
    [['import', 'f', '--dev', '--genesis', 'g'], "option '--dev' cannot be used with option '--genesis <file>'"],
    [['import', 'f', '--hoodi', '--execute'], "option '--execute' needs the accounts of the genesis block"],
    [['export'], "missing required argument 'file'"],
    [['export', 'f', 'x'], 'It is not the number of a block.'],
    [['export', 'f', '1', '2', '3'], 'too many arguments'],
    [['removedb', 'x'], 'too many arguments'],
  ])('%j', (args, message) => {
    const { commandLine, err } = parse(...args)
    expect(commandLine).toEqual({ kind: 'exit', code: 2 })
    expect(err).toContain(message)
    expect(err).toMatch(/^ethspan: [^\n]*\(ethspan[a-z -]* --help says more\)\n$/)
  })
})

describe('the commands for chain data', () => {
  test.each([
    [
      ['import', 'a.rlp', 'b.rlp', '--genesis', 'g', '--execute', '--datadir', 'd', '--networkid', '5'],
      {
        kind: 'import',
        options: {
          files: ['a.rlp', 'b.rlp'],
          choice: { kind: 'genesis', file: 'g' },
          execute: true,
          dataDir: 'd',
          networkId: 5n,
        },
      },
    ],
    [['import', 'a.rlp'], { kind: 'import', options: { choice: { kind: 'dev' }, execute: false } }],
    [['export', 'f.gz'], { kind: 'export', options: { file: 'f.gz', choice: { kind: 'dev' } } }],
    [['export', 'f', '1', '20'], { kind: 'export', options: { file: 'f', first: 1n, last: 20n } }],
    [['removedb'], { kind: 'removedb', options: { yes: false } }],
    [['removedb', '--yes', '--datadir', 'd'], { kind: 'removedb', options: { yes: true, dataDir: 'd' } }],
  ])('%j', (args, expected) => {
    expect(parse(...args).commandLine).toMatchObject(expected)
  })
})

describe('--config', () => {
  test('names chain and flags by their names', () => {
    const text = `
      genesis = "g.json"
      networkid = 3503995874084926
      import = ["a.rlp", "b.rlp"]
      execute = true
      trusted-head = ["${enode}"]
      ethstats = "me:hush@stats.example"
      [txpool]
      globalslots = 10
    `
    expect(configOf('--config', configFile(text))).toMatchObject({
      chain: {
        choice: { kind: 'genesis', file: 'g.json' },
        networkId: 3503995874084926n,
        importFiles: ['a.rlp', 'b.rlp'],
        execute: true,
        trustedHeads: [enode],
        pool: { globalSlots: 10 },
      },
      stats: { report: 'me:hush@stats.example' },
    })
  })

  test('says that there is no chain, or how fast the development chain is', () => {
    expect(configOf('--config', configFile('dev = false'))).not.toHaveProperty('chain')
    expect(chainOf('--config', configFile('[dev]\nenabled = true\nperiod = 1'))).toMatchObject({ blockPeriod: 1 })
  })

  test('gives way to the chain that the command line names', () => {
    const name = configFile('genesis = "g.json"')
    expect(chainOf('--config', name, '--sepolia')).toMatchObject({ choice: { kind: 'network', name: 'sepolia' } })
    expect(configOf('--config', name, '--no-dev')).not.toHaveProperty('chain')
  })

  test('refuses two chains in one line, with exit code 1', () => {
    const { commandLine, err } = parse('--config', configFile('genesis = "g"\nsepolia = true'))
    expect(commandLine).toEqual({ kind: 'exit', code: 1 })
    expect(err).toMatch(/^ethspan: [^\n]*config\.toml: genesis and sepolia are two chains: name one\n$/)
  })
})

describe('what a call over JSON-RPC may cost', () => {
  test('is told by the names of geth', () => {
    const flags = ['--rpc.gascap', '1000000', '--rpc.evmtimeout', '500ms', '--rpc.txfeecap', '0.25']
    const { rpcLimits } = chainOf(...flags, '--rpc.logquerylimit', '10', '--rpc.rangelimit', '50')
    expect(rpcLimits).toEqual({
      gasCap: 1_000_000n,
      evmTimeout: 500,
      txFeeCap: 250_000_000_000_000_000n,
      logQuery: 10,
      range: 50,
    })
  })

  test.each([
    ['5s', 5_000],
    ['1m', 60_000],
    ['60m', 3_600_000],
  ])('a time such as %s', (text, ms) => {
    expect(chainOf('--rpc.evmtimeout', text).rpcLimits.evmTimeout).toBe(ms)
  })

  test('is told in the config file, too', () => {
    const { rpcLimits } = chainOf('--config', configFile('[rpc]\ngascap = 30000\nevmtimeout = "2s"\ntxfeecap = 0.5'))
    expect(rpcLimits).toMatchObject({ gasCap: 30_000n, evmTimeout: 2_000, txFeeCap: 5n * 10n ** 17n })
  })

  test('is what the help says by default', () => {
    const help: string[] = []
    parseCommandLine(['run', '--help'], { out: (text) => void help.push(text), err: () => undefined })
    const { gasCap, evmTimeout, txFeeCap, logQuery, range } = defaultEthApiLimits
    const defaults = [gasCap, `${evmTimeout / 1_000}s`, txFeeCap / 10n ** 18n, logQuery, range]
    const flags = ['gascap', 'evmtimeout', 'txfeecap', 'logquerylimit', 'rangelimit']
    for (const [i, flag] of flags.entries()) {
      expect(help.join('').replace(/\s+/g, ' ')).toMatch(
        new RegExp(`--rpc\\.${flag} [^-]*\\(default: ${defaults[i]}\\)`),
      )
    }
    expect(chainOf().rpcLimits).toEqual({})
  })

  test('may be any, for fees', () => {
    expect(chainOf('--rpc.txfeecap', '0').rpcLimits.txFeeCap).toBe(0n)
  })

  test.each([
    ['--rpc.gascap', '0', 'from 21000 to'],
    ['--rpc.evmtimeout', '0s', 'It is not a time such as 500ms, 5s or 1m.'],
    ['--rpc.evmtimeout', '61m', 'It is not a time'],
    ['--rpc.evmtimeout', '5', 'It is not a time'],
    ['--rpc.txfeecap', '-1', 'It is not a number of ether such as 0.5.'],
    ['--rpc.txfeecap', '1e3', 'It is not a number of ether'],
    ['--rpc.logquerylimit', '0', 'from 1 to'],
    ['--rpc.rangelimit', 'all', 'from 1 to'],
  ])('is not %s %s', (flag, value, why) => {
    const { commandLine, err } = parse(`${flag}=${value}`)
    expect(commandLine).toEqual({ kind: 'exit', code: 2 })
    expect(err).toContain(flag)
    expect(err).toContain(why)
  })

  test('needs a chain', () => {
    expect(parse('--no-dev', '--rpc.gascap', '50000').err).toContain("option '--rpc.gascap <gas>' needs a chain")
  })
})

// The flags of `ethspan run`, geth's names where geth has them, and the configuration they come down to.
import {
  DEFAULT_APIS,
  DEFAULT_AUTH_PORT,
  DEFAULT_HTTP_HOST,
  DEFAULT_HTTP_PORT,
  DEFAULT_WS_PORT,
} from '@ethspan/rpc/endpoints'
import { type Command, Option } from 'commander'
import { addChainFlags, type ChainFlags, opensAuthPort, toChainSettings } from './chain-flags.js'
import type { ChainSettings, GatewayConfig, KeySource, RpcConfig } from './config.js'
import { addDataDir, type DataDirFlag, dataDirOf } from './data-dir-flag.js'
import {
  address,
  ethstatsTarget,
  externalUrl,
  identity,
  integer,
  moduleLevels,
  networks,
  nodes,
  nonEmpty,
  origins,
  words,
} from './flag-values.js'
import type { LogFormat, LogOptions, ModuleLevel } from './log.js'
import { DEFAULT_METRICS_HOST, DEFAULT_METRICS_PORT } from './metrics/http.js'
import { addRpcLimitFlags } from './rpc-limit-flags.js'

/** The flags' values by commander's names: the flag's own, `web.external-url` as `web.externalUrl`. */
export interface RunFlags extends ChainFlags, DataDirFlag {
  config?: string
  port: number
  addr: string
  'web.port': number
  'web.addr': string
  'web.origins'?: string[]
  'web.externalUrl'?: URL
  'web.trustProxy': boolean
  page?: boolean
  nodekey?: string
  nodekeyhex?: string
  identity?: string
  maxpeers: number
  maxpendpeers: number
  netrestrict: string[]
  peers: string[]
  trusted: string[]
  ipcdisable: boolean
  ipcpath?: string
  http: boolean
  'http.addr': string
  'http.port': number
  'http.api'?: string[]
  'http.corsdomain': string[]
  'http.vhosts'?: string[]
  ws: boolean
  'ws.addr': string
  'ws.port': number
  'ws.api'?: string[]
  'ws.origins': string[]
  'authrpc.addr': string
  'authrpc.port': number
  'authrpc.vhosts'?: string[]
  'authrpc.jwtsecret'?: string
  verbosity: number
  'log.format': LogFormat
  'log.vmodule': ModuleLevel[]
  metrics: boolean
  'metrics.addr': string
  'metrics.port': number
  'stats.secret'?: string
}

/** Which flags were given, on the command line or in the config file. */
export type IsSet = (name: keyof RunFlags) => boolean

const port = integer(0, 65_535)
/** geth's `HTTPVirtualHosts` and `AuthVirtualHosts`. */
const DEFAULT_VHOSTS = ['localhost']
/** geth's: what strangers may ask, and eth where there is a chain. */
const CHAIN_APIS = [...DEFAULT_APIS, 'eth']
const DEFAULT_API_TEXT = `(default: ${CHAIN_APIS.join(',')})`

/** Adds the flags of `run` to a command. */
export function addRunFlags(command: Command): Command {
  addChainFlags(command)
  command
    .optionsGroup('Peers:')
    .option('--peers <enode,…>', 'nodes to stay connected with; see "Second node" below', nodes)
    .option('--trusted <enode,…>', 'nodes to let in above the limits', nodes)
    .option('--maxpeers <n>', 'peers at most', integer(0, 10_000), 50)
    .option('--maxpendpeers <n>', 'handshakes under way at most, in each direction', integer(1, 10_000), 50)
    .option('--netrestrict <cidr,…>', 'only speak with addresses in these networks', networks)
  command
    .optionsGroup('Listening (port 0: any free port; all on loopback unless you say otherwise):')
    .option('--port <n>', 'TCP port for nodes', port, 30_303)
    .option('--addr <ip>', 'TCP address to listen on; 0.0.0.0 for all', address, '127.0.0.1')
    .option('--web.port <n>', 'HTTP port for the page and for nodes in browsers', port, 8547)
    .option('--web.addr <ip>', 'HTTP address to listen on; 0.0.0.0 for all', address, '127.0.0.1')
    .option('--web.origins <origin,…>', "pages that may connect, * for all (default: this host's own)", origins)
    .option('--web.external-url <url>', 'what browsers call this gateway behind a proxy', externalUrl)
    .option('--web.trust-proxy', 'believe X-Forwarded-For, -Host and -Proto', false)
    .option('--page', 'serve the page (default, unless --peers is given)')
    .option('--no-page', 'do not serve the page')
  command.optionsGroup('Identity and data:')
  addDataDir(command, 'where the key, known peers and the chain are kept')
    .addOption(new Option('--nodekey <file>', 'file with the private key, 64 hex digits').conflicts('nodekeyhex'))
    .option('--nodekeyhex <hex>', 'the private key itself; others on this machine can see it')
    .option('--identity <name>', "a name of your own within the client's name", identity)
    .option('--config <file>', 'TOML file with flags by their names; see "Config file" below', nonEmpty)
  addRpcFlags(command)
  command
    .optionsGroup('Logging (to standard error):')
    .option('--verbosity <n>', '0 silent, 1 error, 2 warn, 3 info, 4 debug, 5 trace', integer(0, 5), 3)
    .addOption(
      new Option('--log.format <format>', 'how lines look').choices(['terminal', 'json', 'logfmt']).default('terminal'),
    )
    .option('--log.vmodule <module=n,…>', 'levels of modules, such as p2p=4,rpc=5', moduleLevels)
  command
    .optionsGroup('Metrics and health (Prometheus, /healthz, /readyz):')
    .option('--metrics', 'open a port for them', false)
    .option('--metrics.addr <ip>', 'address to listen on', address, DEFAULT_METRICS_HOST)
    .option('--metrics.port <n>', 'port to listen on; 0: any free one', port, DEFAULT_METRICS_PORT)
  command
    .optionsGroup('Stats (who reports here is shown at /stats, beside the page):')
    .option('--ethstats <name:secret@host:port>', 'report to this server, too', ethstatsTarget)
    .option('--stats.secret <secret>', 'what who reports here has to know (see docs/cli.md)', nonEmpty)
  // Lists begin undefined, so that a flag given several times adds to nothing but itself.
  for (const name of ['peers', 'trusted', 'netrestrict', 'log.vmodule', 'http.corsdomain', 'ws.origins']) {
    command.setOptionValue(name, [])
  }
  return command
}

function addRpcFlags(command: Command): void {
  command
    .optionsGroup('JSON-RPC (see ethspan attach; whoever may call admin owns the node):')
    .option('--ipcpath <path>', 'path of the IPC socket (default: ethspan.ipc in the data directory)', nonEmpty)
    .option('--ipcdisable', 'open no IPC socket', false)
    .option('--http', 'open an HTTP port', false)
    .option('--http.addr <ip>', 'address to listen on', address, DEFAULT_HTTP_HOST)
    .option('--http.port <n>', 'port to listen on', port, DEFAULT_HTTP_PORT)
    .option('--http.api <name,…>', `what to offer there ${DEFAULT_API_TEXT}`, words)
    .option('--http.corsdomain <origin,…>', 'pages that may read answers, * for all (default: none)', words)
    .option('--http.vhosts <name,…>', 'names that may call it, * for all (default: localhost)', words)
    .option('--ws', 'open a WebSocket port', false)
    .option('--ws.addr <ip>', 'address to listen on', address, DEFAULT_HTTP_HOST)
    .option('--ws.port <n>', "port to listen on; HTTP's own will do too", port, DEFAULT_WS_PORT)
    .option('--ws.api <name,…>', `what to offer there ${DEFAULT_API_TEXT}`, words)
    .option('--ws.origins <origin,…>', 'pages that may connect, * for all (default: none)', words)
    .option('--authrpc.jwtsecret <file>', 'secret of the authenticated port, which these four open', nonEmpty)
    .option('--authrpc.addr <ip>', 'address to listen on', address, DEFAULT_HTTP_HOST)
    .option('--authrpc.port <n>', 'port to listen on', port, DEFAULT_AUTH_PORT)
    .option('--authrpc.vhosts <name,…>', 'names that may call it, * for all (default: localhost)', words)
  addRpcLimitFlags(command.optionsGroup('What one call over JSON-RPC may cost:'))
}

/** What the flags of `command` say. Refuses what contradicts itself, as commander does. */
export function toConfig(command: Command, flags: RunFlags, isSet: IsSet): GatewayConfig {
  // Whoever names peers starts one more node beside a first one: it takes the ports that are free, and leaves the page and
  // the data directory to the first.
  const joins = flags.peers.length > 0
  const freePort = (name: 'port' | 'web.port' | 'authrpc.port') => (joins && !isSet(name) ? 0 : flags[name])
  const chain = toChainSettings(command, flags, { isSet, dataDirNamed: isSet('datadir'), peers: flags.peers })
  const { ethstats: report, 'stats.secret': secret } = flags
  const webOrigins = flags['web.origins']
  const external = flags['web.externalUrl']
  const key = keySource(flags)
  return {
    ...(key === undefined ? {} : { key }),
    dataDir: dataDirOf(command, flags),
    ifLocked: joins && !isSet('datadir') ? 'do-without' : 'refuse',
    ...(flags.identity === undefined ? {} : { identity: flags.identity }),
    tcp: { host: flags.addr, port: freePort('port') },
    web: {
      host: flags['web.addr'],
      port: freePort('web.port'),
      page: flags.page ?? !joins,
      ...(webOrigins === undefined ? {} : { origins: webOrigins }),
      ...(external === undefined ? {} : { externalUrl: external }),
      trustProxy: flags['web.trustProxy'],
    },
    rpc: rpcConfig({ ...flags, 'authrpc.port': freePort('authrpc.port') }, isSet, chain),
    ...(chain === undefined ? {} : { chain }),
    stats: { ...(report === undefined ? {} : { report }), ...(secret === undefined ? {} : { secret }) },
    ...(flags.metrics ? { metrics: { host: flags['metrics.addr'], port: flags['metrics.port'] } } : {}),
    maxPeers: flags.maxpeers,
    maxPendingPeers: flags.maxpendpeers,
    netRestrict: flags.netrestrict,
    staticNodes: [...flags.peers, ...flags.trustedHead.filter((node) => !flags.peers.includes(node))],
    trustedNodes: flags.trusted,
  }
}

function rpcConfig(flags: RunFlags, isSet: IsSet, chain: ChainSettings | undefined): RpcConfig {
  const jwtSecret = flags['authrpc.jwtsecret']
  const isAuthSet = (['authrpc.jwtsecret', 'authrpc.addr', 'authrpc.port', 'authrpc.vhosts'] as const).some(isSet)
  const apis = chain === undefined ? DEFAULT_APIS : CHAIN_APIS
  const auth = {
    host: flags['authrpc.addr'],
    port: flags['authrpc.port'],
    vhosts: flags['authrpc.vhosts'] ?? DEFAULT_VHOSTS,
    ...(jwtSecret === undefined ? {} : { jwtSecret }),
  }
  return {
    ...(flags.ipcdisable ? {} : { ipc: flags.ipcpath === undefined ? {} : { path: flags.ipcpath } }),
    http: {
      enabled: flags.http,
      host: flags['http.addr'],
      port: flags['http.port'],
      apis: flags['http.api'] ?? apis,
      cors: flags['http.corsdomain'],
      vhosts: flags['http.vhosts'] ?? DEFAULT_VHOSTS,
    },
    ws: {
      enabled: flags.ws,
      host: flags['ws.addr'],
      port: flags['ws.port'],
      apis: flags['ws.api'] ?? apis,
      origins: flags['ws.origins'],
    },
    ...(isAuthSet || opensAuthPort(chain) ? { auth } : {}),
  }
}

/** How the log looks and what it tells. */
export const toLogOptions = (flags: RunFlags): LogOptions => ({
  verbosity: flags.verbosity,
  format: flags['log.format'],
  vmodule: flags['log.vmodule'],
})

function keySource(flags: RunFlags): KeySource | undefined {
  if (flags.nodekeyhex !== undefined) return { kind: 'hex', hex: flags.nodekeyhex }
  return flags.nodekey === undefined ? undefined : { kind: 'file', path: flags.nodekey }
}

export const runExamples = `
Examples:
  ethspan                                   a development chain, with its page at http://127.0.0.1:8547/
  ethspan --web.addr 0.0.0.0                the same, for phones and other machines in your network too
  ethspan --genesis genesis.json --import chain.rlp --networkid 19763
                                            serves the chain of these files; 8551 is for a consensus client
  ethspan --port 0 --web.port 0             on any free ports
  ethspan --addr 0.0.0.0 --netrestrict 10.0.0.0/8,fd00::/8
                                            for nodes of your own networks
  ethspan --web.external-url https://example.org/ --web.trust-proxy
                                            behind a proxy that ends TLS
  ethspan --http --http.api admin,eth,net,txpool,web3
                                            JSON-RPC at http://127.0.0.1:8545/ with more than by default

Second node:
  ethspan --peers enode://<128 hex digits>@127.0.0.1:30303
  Joins the first one. Without --port and --web.port it takes free ports, and it serves no page unless told --page.
  While another ethspan uses the data directory it runs with a new key, and without an IPC socket; --datadir gives it a
  directory and a key of its own that stay. A directory named with --datadir that is in use is an error.

Config file (what the command line says wins over it):
  maxpeers = 20
  web.addr = "0.0.0.0"
  peers = ["enode://…", "enode://…"]
  http.enabled = true                       is --http; ws and metrics likewise
  http.api = ["net", "web3"]

Ctrl-C says goodbye to every peer and ends the node; a second Ctrl-C ends it at once.`

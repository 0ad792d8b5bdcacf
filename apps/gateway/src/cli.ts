import { Command, CommanderError, Option } from 'commander'
import { defaultDataDir, type GatewayConfig, type KeySource } from './config.js'
import {
  address,
  externalUrl,
  identity,
  integer,
  moduleLevels,
  networks,
  nodes,
  nonEmpty,
  origins,
} from './flag-values.js'
import type { LogFormat, LogOptions, ModuleLevel } from './log.js'
import { DEFAULT_METRICS_HOST, DEFAULT_METRICS_PORT } from './metrics/http.js'
import { version } from './version.js'

/** What the command line asks for. */
export type CommandLine =
  | { readonly kind: 'run'; readonly config: GatewayConfig; readonly log: LogOptions }
  /** Help or the version was shown, or the command line is wrong and that was said. */
  | { readonly kind: 'exit'; readonly code: number }

/** Exit code for a command line that can't be understood; 1 is for everything that goes wrong later. */
export const USAGE_ERROR = 2

/** Where text for people goes. */
export interface Output {
  out(text: string): void
  err(text: string): void
}

interface Flags {
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
  datadir: string
  identity?: string
  maxpeers: number
  maxpendpeers: number
  netrestrict: string[]
  peers: string[]
  trusted: string[]
  verbosity: number
  'log.format': LogFormat
  'log.vmodule': ModuleLevel[]
  metrics: boolean
  'metrics.addr': string
  'metrics.port': number
}

/** Reads the arguments (without the program's own two). Never ends the process. */
export function parseCommandLine(args: readonly string[], output: Output): CommandLine {
  const command = createCommand(output)
  try {
    command.parse(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return { kind: 'exit', code: error.exitCode === 0 ? 0 : USAGE_ERROR }
  }
  const flags = command.opts<Flags>()
  const isSet = (name: keyof Flags) => command.getOptionValueSource(name) === 'cli'
  return {
    kind: 'run',
    config: toConfig(flags, isSet),
    log: { verbosity: flags.verbosity, format: flags['log.format'], vmodule: flags['log.vmodule'] },
  }
}

function toConfig(flags: Flags, isSet: (name: keyof Flags) => boolean): GatewayConfig {
  // Whoever names peers starts one more node beside a first one: it takes the ports that are free, and leaves the page to
  // the first.
  const joins = flags.peers.length > 0
  const port = (name: 'port' | 'web.port') => (joins && !isSet(name) ? 0 : flags[name])
  const origins = flags['web.origins']
  const externalUrl = flags['web.externalUrl']
  return {
    key: keySource(flags),
    ...(flags.identity === undefined ? {} : { identity: flags.identity }),
    tcp: { host: flags.addr, port: port('port') },
    web: {
      host: flags['web.addr'],
      port: port('web.port'),
      page: flags.page ?? !joins,
      ...(origins === undefined ? {} : { origins }),
      ...(externalUrl === undefined ? {} : { externalUrl }),
      trustProxy: flags['web.trustProxy'],
    },
    ...(flags.metrics ? { metrics: { host: flags['metrics.addr'], port: flags['metrics.port'] } } : {}),
    maxPeers: flags.maxpeers,
    maxPendingPeers: flags.maxpendpeers,
    netRestrict: flags.netrestrict,
    staticNodes: flags.peers,
    trustedNodes: flags.trusted,
  }
}

function keySource(flags: Flags): KeySource {
  if (flags.nodekeyhex !== undefined) return { kind: 'hex', hex: flags.nodekeyhex }
  if (flags.nodekey !== undefined) return { kind: 'file', path: flags.nodekey }
  return { kind: 'datadir', dataDir: flags.datadir }
}

function createCommand(output: Output): Command {
  const command = new Command('ethspan')
    .description(
      'A devp2p node: speaks with nodes over TCP and with browsers over WebSocket, and serves a page that is a node itself.',
    )
    .configureHelp({ helpWidth: 110 })
    .configureOutput({
      writeOut: output.out,
      writeErr: output.err,
      outputError: (text, write) => write(`ethspan: ${oneLine(text)} (ethspan --help says more)\n`),
    })
    .exitOverride()

  command
    .optionsGroup('Peers:')
    .option('--peers <enode,…>', 'nodes to stay connected with; see "Second node" below', nodes)
    .option('--trusted <enode,…>', 'nodes to let in above the limits', nodes)
    .option('--maxpeers <n>', 'peers at most', integer(0, 10_000), 50)
    .option('--maxpendpeers <n>', 'handshakes under way at most, in each direction', integer(1, 10_000), 50)
    .option('--netrestrict <cidr,…>', 'only speak with addresses in these networks', networks)
    .setOptionValue('peers', [])
    .setOptionValue('trusted', [])
    .setOptionValue('netrestrict', [])
  command
    .optionsGroup('Listening (port 0: any free port; all on loopback unless you say otherwise):')
    .option('--port <n>', 'TCP port for nodes', integer(0, 65_535), 30_303)
    .option('--addr <ip>', 'TCP address to listen on; 0.0.0.0 for all', address, '127.0.0.1')
    .option('--web.port <n>', 'HTTP port for the page and for nodes in browsers', integer(0, 65_535), 8547)
    .option('--web.addr <ip>', 'HTTP address to listen on; 0.0.0.0 for all', address, '127.0.0.1')
    .option('--web.origins <origin,…>', "pages that may connect, * for all (default: this host's own)", origins)
    .option('--web.external-url <url>', 'what browsers call this gateway behind a proxy', externalUrl)
    .option('--web.trust-proxy', 'believe X-Forwarded-For, -Host and -Proto', false)
    .option('--page', 'serve the page (default, unless --peers is given)')
    .option('--no-page', 'do not serve the page')
  command
    .optionsGroup('Identity:')
    .addOption(new Option('--nodekey <file>', 'file with the private key, 64 hex digits').conflicts('nodekeyhex'))
    .option('--nodekeyhex <hex>', 'the private key itself; others on this machine can see it')
    .option('--datadir <dir>', 'where the key is kept', nonEmpty, defaultDataDir())
    .option('--identity <name>', "a name of your own within the client's name", identity)
  command
    .optionsGroup('Logging (to standard error):')
    .option('--verbosity <n>', '0 silent, 1 error, 2 warn, 3 info, 4 debug, 5 trace', integer(0, 5), 3)
    .addOption(
      new Option('--log.format <format>', 'how lines look').choices(['terminal', 'json', 'logfmt']).default('terminal'),
    )
    .option('--log.vmodule <module=n,…>', 'levels of modules, such as p2p=4', moduleLevels)
    .setOptionValue('log.vmodule', [])
  command
    .optionsGroup('Metrics and health (Prometheus, /healthz, /readyz):')
    .option('--metrics', 'open a port for them', false)
    .option('--metrics.addr <ip>', 'address to listen on', address, DEFAULT_METRICS_HOST)
    .option('--metrics.port <n>', 'port to listen on; 0: any free one', integer(0, 65_535), DEFAULT_METRICS_PORT)
  command
    .optionsGroup('Other:')
    .version(version, '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .addHelpText('after', examples)
  return command
}

/** commander puts its guess at what was meant on a second line. */
const oneLine = (text: string) =>
  text
    .replace(/^error: /, '')
    .trim()
    .replace(/\s*\n\s*/g, ' ')

const examples = `
Examples:
  ethspan                                   a node with its page at http://127.0.0.1:8547/
  ethspan --web.addr 0.0.0.0                the same, for phones and other machines in your network too
  ethspan --port 0 --web.port 0             on any free ports
  ethspan --addr 0.0.0.0 --netrestrict 10.0.0.0/8,fd00::/8
                                            for nodes of your own networks
  ethspan --web.external-url https://example.org/ --web.trust-proxy
                                            behind a proxy that ends TLS

Second node:
  ethspan --peers enode://<128 hex digits>@127.0.0.1:30303
  Joins the first one. Without --port and --web.port it takes free ports, and it serves no page unless told --page.
  While another ethspan uses the data directory it runs with a new key; --datadir gives it a key of its own that stays.

Ctrl-C says goodbye to every peer and ends the node; a second Ctrl-C ends it at once.`

// The command line: which command, with which options. Nothing is run here.
import { EthspanError } from '@ethspan/core'
import { Command, CommanderError, type CommandOptions, Help } from 'commander'
import { addChainCommands, type ChainCommandLine } from './chain-commands.js'
import type { Attach } from './commands/attach.js'
import type { NodeEndpoint } from './commands/endpoint.js'
import type { EnrDump } from './commands/enrdump.js'
import type { KeyAddress, KeyCommand } from './commands/key.js'
import { errorLine, FAILURE, type Output } from './commands/output.js'
import type { Peers } from './commands/peers.js'
import type { RlpxPing } from './commands/rlpx-ping.js'
import type { GatewayConfig } from './config.js'
import { applyConfigFile } from './config-flags.js'
import { addDataDir, type DataDirFlag, dataDirOf } from './data-dir-flag.js'
import { integer, ip, nodes, webSocketUrl } from './flag-values.js'
import type { LogOptions } from './log.js'
import { addRunFlags, type RunFlags, runExamples, toConfig, toLogOptions } from './run-flags.js'
import { version } from './version.js'

/** What the command line asks for. */
export type CommandLine =
  | { readonly kind: 'run'; readonly config: GatewayConfig; readonly log: LogOptions }
  | { readonly kind: 'attach'; readonly options: Attach }
  | { readonly kind: 'peers'; readonly options: Peers }
  | { readonly kind: 'key'; readonly options: KeyCommand }
  | { readonly kind: 'enrdump'; readonly options: EnrDump }
  | { readonly kind: 'rlpx ping'; readonly options: RlpxPing }
  | ChainCommandLine
  /** Help or the version was shown, or the command line is wrong and that was said. */
  | { readonly kind: 'exit'; readonly code: number }

/** Exit code for a command line that can't be understood; 1 is for everything that goes wrong later. */
export const USAGE_ERROR = 2

/** Reads the arguments (without the program's own two). Never ends the process. */
export function parseCommandLine(args: readonly string[], output: Output): CommandLine {
  let asked: CommandLine = { kind: 'exit', code: 0 }
  const program = createProgram(output, args, (commandLine) => {
    asked = commandLine
  })
  try {
    program.parse(args, { from: 'user' })
    return asked
  } catch (error) {
    if (error instanceof EthspanError) {
      output.err(`ethspan: ${errorLine(error)}\n`)
      return { kind: 'exit', code: FAILURE }
    }
    if (!(error instanceof CommanderError)) throw error
    return { kind: 'exit', code: error.exitCode === 0 ? 0 : USAGE_ERROR }
  }
}

/** Takes what the command line turned out to ask for. */
type Ask = (commandLine: CommandLine) => void
/** A command below `parent` with what all commands share. */
type Add = (parent: Command, name: string, description: string, options?: CommandOptions) => Command

function createProgram(output: Output, args: readonly string[], ask: Ask): Command {
  const program = new Command('ethspan')
    .description(
      'An Ethereum node on devp2p: follows a chain, or makes one for development, with nodes over TCP and browsers over WebSocket, and serves a page that is a node itself.',
    )
    .usage('[command] [options]')
    .exitOverride()
  const add: Add = (parent, name, description, options = {}) =>
    styled(parent.command(name, options).description(description), output)
  styled(program, output)

  const run = add(program, 'run', 'start a node; this is what ethspan does without a command', { isDefault: true })
  addRun(run, args, ask)
  addAttach(add(program, 'attach', 'a console on a running node'), ask)
  addPeers(add(program, 'peers', 'the peers of a running node, with --watch as a live table'), ask)
  addChainCommands(program, add, ask)
  const rlpx = add(program, 'rlpx', 'talk to a node without becoming its peer')
  addRlpxPing(add(rlpx, 'ping', 'RLPx handshake and Hello of a remote node, printed'), ask)
  addKey(add(program, 'key', 'node keys in files'), add, ask)
  addEnrdump(add(program, 'enrdump', 'what a node record says'), ask)

  program
    .version(version, '--version')
    .configureHelp({ ...program.configureHelp(), visibleOptions: () => [] })
    .addHelpText(
      'after',
      () => `\nethspan <command> --help says more of each. ethspan run:\n\n${optionsOf(run)}${runExamples}`,
    )
  return program
}

/** Help, errors and where they go; each command points to its own help. */
function styled(command: Command, output: Output): Command {
  return command
    .helpCommand(false)
    .configureHelp({
      helpWidth: 110,
      subcommandTerm: (sub) => `${sub.name()} ${usageOf(sub)}`.trim(),
      optionDescription: (option) => new Help().optionDescription(option).replace(' (default: false)', ''),
    })
    .configureOutput({
      writeOut: output.out,
      writeErr: output.err,
      outputError: (text, write) => write(`ethspan: ${oneLine(text)} (${pathOf(command)} --help says more)\n`),
    })
    .helpOption('--help', 'print this help')
}

const usageOf = (command: Command) =>
  command.registeredArguments.map((arg) => (arg.required ? `<${arg.name()}>` : `[${arg.name()}]`)).join(' ')

/** The options of a command, as its help shows them below its usage and description. */
const optionsOf = (command: Command) => command.helpInformation().split('\n\n').slice(2).join('\n\n')

/** Such as `ethspan key generate`; `run` is what needs no name. */
function pathOf(command: Command): string {
  const parent = command.parent === null ? '' : `${pathOf(command.parent)} `
  return command.name() === 'run' ? parent.trim() : `${parent}${command.name()}`
}

/** commander puts its guess at what was meant on a second line. */
const oneLine = (text: string) =>
  text
    .replace(/^error: /, '')
    .trim()
    .replace(/\s*\n\s*/g, ' ')

function addRun(command: Command, args: readonly string[], ask: Ask): void {
  addRunFlags(command)
    .optionsGroup('Other:')
    .version(version, '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .addHelpText('after', runExamples)
    .allowExcessArguments()
    .action(() => {
      const [excess] = command.args
      if (excess !== undefined) {
        const what = excess === args[0] ? 'unknown command' : 'there is nothing to do with the word'
        command.error(`error: ${what} '${excess}'`)
      }
      const { config: file } = command.opts<RunFlags>()
      if (file !== undefined) applyConfigFile(command, file)
      const flags = command.opts<RunFlags>()
      const isSet = (name: keyof RunFlags) => ['cli', 'config'].includes(`${command.getOptionValueSource(name)}`)
      ask({ kind: 'run', config: toConfig(command, flags, isSet), log: toLogOptions(flags) })
    })
}

/** Which node is asked: for the commands that talk to a running one. */
function addNodeEndpoint(command: Command): Command {
  return addDataDir(
    command.argument(
      '[endpoint]',
      'http://…, ws://… or the path of an IPC socket (default: the one in the data directory)',
    ),
  )
}

/** Which node is asked. Who names an endpoint needs no data directory. */
const nodeEndpoint = (command: Command, endpoint: string | undefined, flags: DataDirFlag): NodeEndpoint => ({
  endpoint,
  dataDir: endpoint === undefined ? dataDirOf(command, flags) : flags.datadir,
})

function addAttach(command: Command, ask: Ask): void {
  addNodeEndpoint(command)
    .option('--exec <code>', 'print the value of this and exit; text without quotes')
    .option('--json', 'with --exec: as JSON', false)
    .addHelpText('after', attachHelp)
    .action((endpoint: string | undefined, { exec, json, ...flags }) => {
      if (json && exec === undefined) command.error("error: option '--json' needs '--exec <code>'")
      ask({ kind: 'attach', options: { ...nodeEndpoint(command, endpoint, flags), exec, json } })
    })
}

function addPeers(command: Command, ask: Ask): void {
  addNodeEndpoint(command)
    .option('--watch', 'a live table, until Ctrl-C', false)
    .option('--json', 'what admin_peers answers; with --watch one line each second', false)
    .addHelpText('after', peersHelp)
    .action((endpoint: string | undefined, { watch, json, ...flags }) => {
      ask({ kind: 'peers', options: { ...nodeEndpoint(command, endpoint, flags), watch, json } })
    })
}

function addRlpxPing(command: Command, ask: Ask): void {
  command
    .argument('<node>', 'enode://…, enode+ws://…, enode+wss://… or enr:…', (text: string) => nodes(text)[0])
    .option('--json', 'as JSON; times in milliseconds', false)
    .addHelpText('after', pingHelp)
    .action((node: string, { json }) => ask({ kind: 'rlpx ping', options: { node, json } }))
}

function addKey(command: Command, add: Add, ask: Ask): void {
  const addAction = (name: string, description: string, file: string) =>
    add(command, name, description).argument('<file>', file).option('--json', 'as JSON', false)
  const held = 'a file with 64 hex digits, such as nodekey in a data directory'

  addAction('generate', 'make a new key and print its node id', 'where to write it; nothing is overwritten').action(
    (file: string, { json }) => ask({ kind: 'key', options: { action: 'generate', file, json } }),
  )
  addAction('to-id', "print the node's id", held).action((file: string, { json }) =>
    ask({ kind: 'key', options: { action: 'to-id', file, json } }),
  )
  addAddress(addAction('to-enode', "print the node's enode URL", held)).action((file: string, options) =>
    ask({ kind: 'key', options: { action: 'to-enode', file, json: options.json, address: keyAddress(options) } }),
  )
  addAddress(addAction('to-enr', "sign the node's record and print it", held))
    .option('--seq <n>', "the record's sequence number", integer(0, 999_999_999), 1)
    .action((file: string, options) => {
      const { json, seq } = options
      ask({ kind: 'key', options: { action: 'to-enr', file, json, seq, address: keyAddress(options) } })
    })
}

function addAddress(command: Command): Command {
  return command
    .option('--ip <ip>', 'where the node can be reached', ip, '127.0.0.1')
    .option('--tcp <port>', 'its TCP port', integer(0, 65_535), 30_303)
    .option('--udp <port>', "its UDP port (default: the TCP port's number)", integer(0, 65_535))
    .option('--ws <url>', 'its WebSocket, ws://… or wss://…', webSocketUrl)
}

const keyAddress = ({ ip, tcp, udp, ws }: Omit<KeyAddress, 'udp'> & { udp?: number }): KeyAddress => ({
  ip,
  tcp,
  udp: udp ?? tcp,
  ...(ws === undefined ? {} : { ws }),
})

function addEnrdump(command: Command, ask: Ask): void {
  command
    .argument('<record>', 'enr:…, hex digits, a file with either, or - for standard input')
    .option('--json', 'as JSON', false)
    .action((source: string, { json }) => ask({ kind: 'enrdump', options: { source, json } }))
}

const attachHelp = `
In the console:
  admin.peers                      what the node is connected with
  admin.nodeInfo.enode             a part of an answer; any JavaScript will do
  admin.addPeer("enode://…")       any method of the node, as <namespace>.<method>(arguments)
  net.peerCount                    a number
  Tab completes, the arrow keys bring back what was typed, Ctrl-D leaves.

Examples:
  ethspan attach                                          the node of the default data directory
  ethspan attach http://127.0.0.1:8545                    over HTTP: eth, net and web3, unless it has --http.api
  ethspan attach --exec admin.nodeInfo.enode              for scripts: prints the URL
  ethspan attach --exec 'admin.peers.map(p => p.name)' --json

Exit codes: 0, 1 where no node answers or the code throws, 2 for a wrong command line.`

const peersHelp = `
The node has to offer admin where it is asked: over IPC it does, over HTTP and WebSocket with --http.api or --ws.api.

Examples:
  ethspan peers --watch
  ethspan peers --json | jq '.[].enode'
  ethspan peers ws://127.0.0.1:8546`

const pingHelp = `
Dials the node, does both handshakes with a key made for this call, prints who it says to be and hangs up.
Exit code 1 and one line on standard error where that fails, with the node's reason if it gave one.

Examples:
  ethspan rlpx ping enode://<128 hex digits>@127.0.0.1:30303
  ethspan rlpx ping --json enode+wss://<128 hex digits>@example.org/p2p`

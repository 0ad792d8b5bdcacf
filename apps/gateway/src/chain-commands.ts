// The commands that work on the chain data of a node that does not run: which one, with which options.
import type { Command, CommandOptions } from 'commander'
import type { ChainPlace } from './chain/open-chain-data.js'
import { addChainChoice, type ChainChoiceFlags, chainChoice, checkExecute } from './chain-flags.js'
import type { Export } from './commands/export.js'
import type { Import } from './commands/import.js'
import type { RemoveDb } from './commands/removedb.js'
import { addDataDir, type DataDirFlag, dataDirOf } from './data-dir-flag.js'
import { blockNumber, nonEmpty } from './flag-values.js'

export type ChainCommandLine =
  | { readonly kind: 'import'; readonly options: Import }
  | { readonly kind: 'export'; readonly options: Export }
  | { readonly kind: 'removedb'; readonly options: RemoveDb }

/** A command below `parent` with what all commands share. */
type Add = (parent: Command, name: string, description: string, options?: CommandOptions) => Command

export function addChainCommands(program: Command, add: Add, ask: (commandLine: ChainCommandLine) => void): void {
  addImport(add(program, 'import', 'blocks from files into the chain data'), ask)
  addExport(add(program, 'export', "the chain data's blocks into a file"), ask)
  addRemoveDb(add(program, 'removedb', 'remove the chain data; the key stays'), ask)
}

function addImport(command: Command, ask: (commandLine: ChainCommandLine) => void): void {
  addPlace(command.argument('<files...>', "chain files, geth's RLP export; gzip is recognised", nonEmptyList))
    .option('--execute', 'execute blocks, so that balances and calls can be told', false)
    .addHelpText('after', importHelp)
    .action((files: string[], flags: PlaceFlags & { execute: boolean }) => {
      const { execute } = flags
      const place = placeOf(command, flags)
      checkExecute(command, place.choice, execute)
      ask({ kind: 'import', options: { files, ...place, execute } })
    })
}

function addExport(command: Command, ask: (commandLine: ChainCommandLine) => void): void {
  addPlace(
    command
      .argument('<file>', 'the file to write, compressed where its name ends in .gz', nonEmpty)
      .argument('[first]', 'number of the first block (default: the first there is)', blockNumber)
      .argument('[last]', 'number of the last block (default: the head)', blockNumber),
  )
    .addHelpText('after', exportHelp)
    .action((file: string, first: bigint | undefined, last: bigint | undefined, flags: PlaceFlags) => {
      const range = { ...(first === undefined ? {} : { first }), ...(last === undefined ? {} : { last }) }
      ask({ kind: 'export', options: { file, ...range, ...placeOf(command, flags), execute: false } })
    })
}

function addRemoveDb(command: Command, ask: (commandLine: ChainCommandLine) => void): void {
  addDataDir(command)
    .option('--yes', 'do not ask', false)
    .action((flags: DataDirFlag & { yes: boolean }) => {
      ask({ kind: 'removedb', options: { dataDir: dataDirOf(command, flags), yes: flags.yes } })
    })
}

type PlaceFlags = ChainChoiceFlags & DataDirFlag

function addPlace(command: Command): Command {
  return addDataDir(addChainChoice(command, { required: true }).optionsGroup('Data:'))
}

function placeOf(command: Command, flags: PlaceFlags): Omit<ChainPlace, 'execute'> {
  const choice = chainChoice(command, flags) ?? { kind: 'dev' }
  return {
    choice,
    dataDir: dataDirOf(command, flags),
    ...(flags.networkid === undefined ? {} : { networkId: flags.networkid }),
  }
}

const nonEmptyList = (text: string, previous?: readonly string[]) => [...(previous ?? []), nonEmpty(text)]

const importHelp = `
Blocks are verified, and with --execute executed. Blocks that are there already are passed over: after Ctrl-C, or a crash, the
same command goes on where it was. The chain that was imported is served by ethspan with the same --genesis and --datadir.

Examples:
  ethspan import --genesis genesis.json chain.rlp
  ethspan import --genesis genesis.json --execute --datadir /data part1.rlp.gz part2.rlp.gz`

const exportHelp = `
Nothing is written over. The file has its name once it is whole.

Examples:
  ethspan export --genesis genesis.json chain.rlp.gz
  ethspan export --genesis genesis.json chain.rlp 1 1000`

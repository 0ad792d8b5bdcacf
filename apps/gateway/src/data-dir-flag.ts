// `--datadir`, which every command has that works on a node's data.
import type { Command } from 'commander'
import { defaultDataDir } from './config.js'
import { nonEmpty } from './flag-values.js'

/** Its value; undefined where it was not given and the user has no home directory. */
export interface DataDirFlag {
  datadir?: string
}

export const addDataDir = (command: Command, description = "the node's data directory"): Command =>
  command.option('--datadir <dir>', description, nonEmpty, defaultDataDir())

/** The directory that the flags name. Refuses, where there is none. */
export function dataDirOf(command: Command, { datadir }: DataDirFlag): string {
  return datadir ?? command.error("error: option '--datadir <dir>' is needed, because this user has no home directory")
}

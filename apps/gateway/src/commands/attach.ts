// `ethspan attach`: a console on a running node.
import { existsSync } from 'node:fs'
import { openConsole } from '../console/console.js'
import { Incomplete, show, showError } from '../console/evaluate.js'
import { ConsoleError, openRemote } from '../console/remote.js'
import { addressOf, type NodeEndpoint } from './endpoint.js'
import { FAILURE, json, type Output } from './output.js'

export interface Attach extends NodeEndpoint {
  /** Evaluated instead of what is typed. */
  readonly exec: string | undefined
  /** Prints the result of `exec` as JSON. */
  readonly json: boolean
}

/** Resolves with the exit code. @throws {EthspanError | ConsoleError} where no node answers */
export async function attach(options: Attach, { out, err }: Output): Promise<number> {
  const address = addressOf(options)
  const remote = openRemote(address)
  try {
    const opened = openConsole(remote)
    if (options.exec !== undefined) {
      out(result(await opened.run(options.exec), options.json))
      return 0
    }
    const { dataDir } = options
    const historyDir = dataDir !== undefined && existsSync(dataDir) ? dataDir : undefined
    await opened.interact({ input: process.stdin, output: process.stdout }, historyDir)
    return 0
  } catch (error) {
    if (error instanceof ConsoleError && error.code === undefined) throw error
    const why = error instanceof Incomplete ? 'the code ends too early' : showError(error).replace(/^Error: /, '')
    err(`ethspan: ${why}\n`)
    return FAILURE
  } finally {
    await remote.close()
  }
}

/** Text as it is, so that a script has no quotes to take off; all else as the console shows it. */
function result(value: unknown, asJson: boolean): string {
  if (asJson) return json(value ?? null)
  if (value === undefined) return ''
  return `${typeof value === 'string' ? value : show(value, false)}\n`
}

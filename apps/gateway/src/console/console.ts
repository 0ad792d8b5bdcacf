import path from 'node:path'
import { type REPLServer, Recoverable, start } from 'node:repl'
import { types } from 'node:util'
import type { Context } from 'node:vm'
import { evaluate, Incomplete, makeContext, show, showError } from './evaluate.js'
import { makeNamespaces, type Namespaces } from './namespaces.js'
import type { Remote } from './remote.js'

/** In the data directory; geth's name. */
const HISTORY_FILE = 'history'

export interface ConsoleStreams {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean; setRawMode?(on: boolean): unknown }
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean }
}

/** A console on a node, connected. */
export interface OpenConsole {
  /** The value of one expression. @throws what the expression throws; {Incomplete} */
  run(code: string): Promise<unknown>
  /** Reads and answers until the input ends. */
  interact(streams: ConsoleStreams, historyDir: string | undefined): Promise<void>
}

/** @throws {ConsoleError} where no node answers */
export function openConsole(remote: Remote): OpenConsole {
  const modules = Object.keys(remote.call('rpc_modules', []) as Record<string, string>).sort()
  const namespaces = makeNamespaces(remote, modules)
  const context = makeContext(namespaces)
  return {
    run: async (code) => await evaluate(code, context, namespaces),
    interact: (streams, historyDir) => interact({ remote, modules, namespaces, context }, streams, historyDir),
  }
}

interface Session {
  readonly remote: Remote
  readonly modules: readonly string[]
  readonly namespaces: Namespaces
  readonly context: Context
}

async function interact(session: Session, { input, output }: ConsoleStreams, historyDir: string | undefined) {
  const isTerminal = input.isTTY === true && output.isTTY === true
  if (isTerminal) output.write(welcome(session))
  const colors = isTerminal && process.env.NO_COLOR === undefined
  const server = start({
    input,
    output,
    terminal: isTerminal,
    prompt: isTerminal ? '> ' : '',
    ignoreUndefined: true,
    useColors: colors,
    writer: (value) => (value instanceof Shown ? value.text : show(value, colors)),
    completer: (line: string) => complete(line, session),
    eval: (code, _context, _file, done) => {
      const failed = (thrown: unknown) => {
        if (thrown instanceof Incomplete) done(new Recoverable(thrown), undefined)
        else done(null, new Shown(showError(thrown)))
      }
      try {
        // So that Ctrl-C, which the terminal else hands over as a key, can end code that runs on and on.
        if (isTerminal) input.setRawMode?.(false)
        const value = evaluate(code, session.context, session.namespaces)
        if (isPromise(value)) later(value, server, done, failed)
        else done(null, value)
      } catch (thrown) {
        failed(thrown)
      } finally {
        if (isTerminal) input.setRawMode?.(true)
      }
    },
  })
  if (isTerminal && historyDir !== undefined) await keepHistory(server, path.join(historyDir, HISTORY_FILE))
  await new Promise<void>((resolve) => server.once('exit', resolve))
}

/** Of the console's context, so no instance of this one's Promise. */
const isPromise = (value: unknown): value is Promise<unknown> => types.isPromise(value)

/** Reads on once the promise is settled. */
function later(value: Promise<unknown>, server: REPLServer, done: Done, failed: (thrown: unknown) => void): void {
  server.pause()
  value.then((settled) => done(null, settled), failed).finally(() => server.resume())
}

type Done = (error: Error | null, value: unknown) => void

/** What goes onto the screen as it is. */
class Shown {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** A console without a history is better than none: where the file can't be used, the console says so and goes on. */
const keepHistory = (server: REPLServer, file: string) =>
  new Promise<void>((resolve) => server.setupHistory(file, () => resolve()))

function welcome({ remote, modules }: Session): string {
  const lines = ['Welcome to the ethspan console.', '']
  const tell = (what: string, method: string, needs: string) => {
    if (modules.includes(needs)) lines.push(`${`${what}:`.padEnd(10)}${show(remote.call(method, []), false)}`)
  }
  tell('instance', 'web3_clientVersion', 'web3')
  tell('datadir', 'admin_datadir', 'admin')
  lines.push(`modules:  ${modules.join(' ')}`, '', 'Try admin.peers. Tab completes; Ctrl-D leaves.', '')
  return lines.join('\n')
}

/** Namespaces, and names within one. */
export function complete(line: string, { modules, namespaces }: Pick<Session, 'modules' | 'namespaces'>) {
  const [, namespace, start = ''] = /(?:(\w+)\.)?(\w*)$/.exec(line) ?? []
  const all = namespace === undefined ? modules.map((name) => `${name}.`) : namespaces.completions(namespace)
  return [all.filter((name) => name.startsWith(start)), start] as [string[], string]
}

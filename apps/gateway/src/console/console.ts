import path from 'node:path'
import { createInterface } from 'node:readline'
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

async function interact(session: Session, streams: ConsoleStreams, historyDir: string | undefined): Promise<void> {
  const { input, output } = streams
  if (input.isTTY === true && output.isTTY === true) await converse(session, streams, historyDir)
  else await readThrough(session, streams)
}

/** A person at a terminal. */
async function converse(session: Session, { input, output }: ConsoleStreams, historyDir: string | undefined) {
  output.write(welcome(session))
  const colors = process.env.NO_COLOR === undefined
  const server = start({
    input,
    output,
    terminal: true,
    prompt: '> ',
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
        input.setRawMode?.(false)
        const value = evaluate(code, session.context, session.namespaces)
        // Of the console's context, so no instance of this one's Promise.
        if (types.isPromise(value)) value.then((settled) => done(null, settled), failed)
        else done(null, value)
      } catch (thrown) {
        failed(thrown)
      } finally {
        input.setRawMode?.(true)
      }
    },
  })
  if (historyDir !== undefined) await keepHistory(server, path.join(historyDir, HISTORY_FILE))
  await new Promise<void>((resolve) => server.once('exit', resolve))
}

/** Lines out of a pipe: one after the other, without a prompt. */
async function readThrough({ context, namespaces }: Session, { input, output }: ConsoleStreams): Promise<void> {
  let code = ''
  for await (const line of createInterface({ input })) {
    code = code === '' ? line : `${code}\n${line}`
    try {
      const value = await evaluate(code, context, namespaces)
      if (value !== undefined) output.write(`${show(value, false)}\n`)
    } catch (thrown) {
      if (thrown instanceof Incomplete) continue
      output.write(`${showError(thrown)}\n`)
    }
    code = ''
  }
  if (code !== '') output.write('the input ends too early\n')
}

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

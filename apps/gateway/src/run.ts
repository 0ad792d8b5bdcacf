import { createInterface } from 'node:readline'
import { systemErrorText } from '@ethspan/node/data-dir'
import { type CommandLine, parseCommandLine } from './cli.js'
import { errorLine, FAILURE, type Output } from './commands/output.js'
import type { Screen } from './commands/peers.js'
import type { ProgressScreen } from './commands/progress.js'

/** Exit codes of a program that a signal ended: 128 and the signal's number. */
const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 143 } as const

const output: Output = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
}

/** The program: does what its arguments say, resolves with its exit code. */
export async function run(args: readonly string[]): Promise<number> {
  outliveOutput()
  const commandLine = parseCommandLine(args, output)
  try {
    return await execute(commandLine)
  } catch (error) {
    output.err(`ethspan: ${errorLine(error)}\n`)
    return FAILURE
  }
}

/** Each command is loaded when it is asked for: a script that wants a key's id does not wait for a whole node. */
async function execute(commandLine: CommandLine): Promise<number> {
  switch (commandLine.kind) {
    case 'exit':
      return commandLine.code
    case 'run': {
      // Before anything is open or said: a signal that comes this early is a wish to stop, too.
      const signal = untilSignal()
      const { runNode } = await import('./commands/run.js')
      return (await runNode(commandLine, progressScreen, signal)) ? 0 : stoppedBy(signal)
    }
    case 'attach': {
      const { attach } = await import('./commands/attach.js')
      return attach(commandLine.options, output)
    }
    case 'peers': {
      const { peers } = await import('./commands/peers.js')
      const signal = AbortSignal.any([untilSignal(), untilNobodyReads()])
      await peers(commandLine.options, screen, signal)
      return 0
    }
    case 'key': {
      const { key } = await import('./commands/key.js')
      key(commandLine.options, output)
      return 0
    }
    case 'enrdump': {
      const { enrdump } = await import('./commands/enrdump.js')
      enrdump(commandLine.options, output)
      return 0
    }
    case 'rlpx ping': {
      const { rlpxPing } = await import('./commands/rlpx-ping.js')
      await rlpxPing(commandLine.options, output)
      return 0
    }
    case 'import': {
      const signal = untilSignal()
      const { importChain } = await import('./commands/import.js')
      return (await importChain(commandLine.options, progressScreen, signal)) ? 0 : stoppedBy(signal)
    }
    case 'export': {
      const signal = untilSignal()
      const { exportChain } = await import('./commands/export.js')
      return (await exportChain(commandLine.options, progressScreen, signal)) ? 0 : stoppedBy(signal)
    }
    case 'removedb': {
      const { removeDb } = await import('./commands/removedb.js')
      return (await removeDb(commandLine.options, { ...output, ask: person() })) ? 0 : FAILURE
    }
  }
}

/** Whoever sits at the terminal, where there is one. What they say to end it is no. */
function person(): ((question: string) => Promise<string>) | undefined {
  if (process.stdin.isTTY !== true) return undefined
  return (question) => {
    const terminal = createInterface({ input: process.stdin, output: process.stderr })
    return new Promise((resolve) => {
      terminal.once('close', () => resolve(''))
      terminal.question(question, (answer) => {
        resolve(answer)
        terminal.close()
      })
    })
  }
}

const progressScreen: Output & ProgressScreen = {
  ...output,
  get isTerminal() {
    return process.stderr.isTTY === true
  },
  get columns() {
    return process.stderr.columns || 80
  },
}

const screen: Screen = {
  ...output,
  get isTerminal() {
    return process.stdout.isTTY === true
  },
  get columns() {
    return process.stdout.columns || 80
  },
  get rows() {
    return process.stdout.rows || 24
  },
}

/** The exit code for work that a signal stopped before its end. */
const stoppedBy = ({ reason }: AbortSignal) => (reason instanceof SignalError ? reason.exitCode : FAILURE)

class SignalError extends Error {
  readonly exitCode: number
  constructor(name: string, exitCode: number) {
    super(`stopped by ${name}`)
    this.name = 'AbortError'
    this.exitCode = exitCode
  }
}

/** Fires with the first signal, its exit code in its reason; the second one ends the process. */
function untilSignal(): AbortSignal {
  const first = new AbortController()
  for (const [name, code] of Object.entries(SIGNAL_CODES)) {
    process.on(name, () => {
      if (first.signal.aborted) process.exit(code)
      first.abort(new SignalError(name, code))
    })
  }
  return first.signal
}

/** Fires when whoever read our output is gone: `ethspan peers --watch | head`. */
function untilNobodyReads(): AbortSignal {
  const gone = new AbortController()
  process.stdout.once('error', () => gone.abort())
  return gone.signal
}

/**
 * `ethspan | head` closes our output when it has seen enough; the node runs on. So it does where a file that is written to has no
 * room, but what somebody asked for is then not whole, which is told, and by the exit code, too.
 */
function outliveOutput(): void {
  // Whom should it be told?
  process.stderr.on('error', () => undefined)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return
    output.err(`ethspan: can't write to standard output: ${systemErrorText(error)}\n`)
    process.exitCode = FAILURE
  })
}

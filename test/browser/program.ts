// The program that people run, built and in a process of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../../apps/gateway/bin/ethspan.js', import.meta.url))
/** Milliseconds; the program is up in less than one second, and says goodbye faster still, where the machine is not busy. */
const START_DEADLINE = 45_000
const STOP_DEADLINE = 30_000
/** Lines of output kept for when a test fails. */
const LINES = 200

export interface ProgramOptions {
  readonly args?: readonly string[]
  /** Where its key is. Default: a new one, removed when the program ended. */
  readonly dataDir?: string
  /** Whether it has a chain, which is the development chain unless `args` name another. Default false: that starts faster. */
  readonly chain?: boolean
  /** Milliseconds it has to be up. Default {@link START_DEADLINE}; one that imports a chain first takes longer. */
  readonly startsWithin?: number
}

/** Started with `--port 0 --web.port 0` unless `args` say otherwise. */
export class Program {
  readonly #child: ChildProcess
  readonly #ended: Promise<number | null>
  /** What it wrote to both outputs. */
  readonly lines: string[] = []

  private constructor(child: ChildProcess, dataDir: string, keep: boolean) {
    this.#child = child
    for (const stream of [child.stdout!, child.stderr!]) {
      createInterface(stream).on('line', (line) => {
        this.lines.push(line)
        if (this.lines.length > LINES) this.lines.shift()
      })
    }
    this.#ended = new Promise((resolve) => {
      child.once('close', async (code) => {
        if (!keep) await rm(dataDir, { recursive: true, force: true })
        resolve(code)
      })
    })
  }

  /** Resolves once it said that it runs. @throws {Error} with its output where it ended instead */
  static async start(options: ProgramOptions = {}): Promise<Program> {
    const { args = [], dataDir, chain = false, startsWithin = START_DEADLINE } = options
    const keyIn = dataDir ?? (await newDataDir())
    const own = ['--port', '0', '--web.port', '0', '--datadir', keyIn, '--log.format', 'logfmt']
    const child = spawn(process.execPath, [BIN, ...own, ...(chain ? [] : ['--no-dev']), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const program = new Program(child, keyIn, dataDir !== undefined)
    try {
      // The last line of what it says at its start.
      await program.line(/^Ctrl-C /, startsWithin)
    } catch (error) {
      await program.kill()
      throw error
    }
    return program
  }

  /** Its URL for nodes that dial TCP. */
  get enode(): string {
    return this.#said(/^ +Node +(\S+)/)
  }

  /** Its page, such as `http://127.0.0.1:8547/`. */
  get url(): string {
    return this.#said(/^ +Page +(\S+)/)
  }

  /** The port of its page. */
  get webPort(): string {
    return new URL(this.url).port
  }

  /** Waits for a line of its output. */
  line(pattern: RegExp, within: number = STOP_DEADLINE): Promise<string> {
    return new Promise((resolve, reject) => {
      const outputs = [this.#child.stdout!, this.#child.stderr!]
      const done = () => {
        clearTimeout(deadline)
        for (const output of outputs) output.off('data', look)
      }
      const look = () => {
        const found = this.lines.find((line) => pattern.test(line))
        if (found === undefined) return
        done()
        resolve(found)
      }
      const fail = (what: string) => {
        done()
        reject(new Error(`${what}; its output:\n  ${this.lines.join('\n  ')}`))
      }
      const deadline = setTimeout(() => fail(`the program did not say ${pattern} within ${within} ms`), within)
      for (const output of outputs) output.on('data', look)
      void this.#ended.then((code) => fail(`the program ended with code ${code}`))
      look()
    })
  }

  /** Sends what Ctrl-C sends, and resolves with the exit code; null when it had to be killed. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGINT')
    const deadline = setTimeout(() => this.#child.kill('SIGKILL'), STOP_DEADLINE)
    const code = await this.#ended
    clearTimeout(deadline)
    return code
  }

  /** Ends it without a goodbye, as a crash does. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  #said(pattern: RegExp): string {
    const said = this.lines.map((line) => pattern.exec(line)?.[1]).find((match) => match !== undefined)
    if (said === undefined) throw new Error(`the program did not say ${pattern}`)
    return said
  }
}

export const newDataDir = (): Promise<string> => mkdtemp(join(tmpdir(), 'ethspan-browser-'))

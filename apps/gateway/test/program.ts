// The program as people run it, built: a process of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { temporaryFolder } from './support.js'

export const bin = fileURLToPath(new URL('../bin/ethspan.js', import.meta.url))
/** A process takes seconds to start on a busy machine, and some of these start five. */
export const PATIENCE = 60_000

export interface RunOptions {
  readonly script?: string
  /** Where the default data directory is made. Default: nowhere, so that no test uses the one of whoever runs it. */
  readonly dataHome?: string
  /** What it reads from standard input. Default: nothing. */
  readonly input?: string
}

export function run(args: readonly string[], { script = bin, dataHome = '/dev/null', input }: RunOptions = {}) {
  const env = { ...process.env, XDG_DATA_HOME: dataHome }
  const child = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'pipe'], env })
  child.stdin.end(input)
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const output = { out: '', err: '' }
  child.stdout.on('data', (chunk) => {
    output.out += chunk
  })
  child.stderr.on('data', (chunk) => {
    output.err += chunk
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, ...output }))
  return { child, output, ended }
}

/** Starts a node on free ports, without a chain unless one is named, and waits until it says what to do next. */
export async function startNode(...args: string[]) {
  const isOfChain = args.some((arg) => ['--dev', '--genesis'].includes(arg))
  const node = run(['--port', '0', '--web.port', '0', '--no-page', ...(isOfChain ? [] : ['--no-dev']), ...args])
  await said(node, 'out', /Ctrl-C/)
  const enode = /enode:\/\/\S+/.exec(node.output.out)?.[0] ?? ''
  return { ...node, enode }
}

export async function said(node: ReturnType<typeof run>, stream: 'out' | 'err', text: RegExp): Promise<void> {
  const { child, output } = node
  const source = (stream === 'out' ? child.stdout : child.stderr) as NonNullable<ChildProcess['stdout']>
  while (!text.test(output[stream])) {
    const event = await Promise.race([once(source, 'data'), node.ended])
    if (!Array.isArray(event) && !text.test(output[stream])) {
      throw new Error(`the process ended without saying ${text}:\n${output.out}${output.err}`)
    }
  }
}

/** A data directory that does not exist yet. */
export const dataDir = () => path.join(temporaryFolder(), 'data')

// geth itself with the chain that comes with its sources: 600 blocks, every kind of transaction, forks up to Amsterdam.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import { binary } from './geth-process.js'

const run = promisify(execFile)

export const TEST_CHAIN_NETWORK_ID = 3503995874084926n
export const TEST_CHAIN_BLOCKS = 600

/** How long a line of the log may take. geth is up in a second or two; a busy machine takes longer. */
const LOG_TIMEOUT_MS = 30_000
/** How long geth may take to stop before it is killed. */
const STOP_TIMEOUT_MS = 5_000

/** The folder of geth's test chain: `genesis.json` and `chain.rlp`, blocks 1 to 600. */
export async function testChainFolder(): Promise<string> {
  const cwd = join(dirname(fileURLToPath(import.meta.url)), 'geth-cmd')
  const args = ['list', '-m', '-f', '{{.Dir}}', 'github.com/ethereum/go-ethereum']
  const { stdout } = await run('go', args, { cwd })
  return join(stdout.trim(), 'cmd/devp2p/internal/ethtest/testdata')
}

/** The parameters of the call of engine_forkchoiceUpdatedV4 that makes block 600 the head. */
export async function readHeadForkchoice(folder: string): Promise<readonly unknown[]> {
  const call = JSON.parse(await readFile(join(folder, 'headfcu.json'), 'utf8')) as { params: readonly unknown[] }
  return call.params
}

export const readTestGenesis = async (folder: string): Promise<unknown> =>
  JSON.parse(await readFile(join(folder, 'genesis.json'), 'utf8'))

export interface GethOptions {
  /** Begins with the genesis block alone. Default false: with the whole test chain. */
  readonly empty?: boolean
  /** Opens HTTP with the namespaces admin, debug, eth, net, txpool and web3. Default false. */
  readonly http?: boolean
  /** Opens IPC in the data directory. Default false. */
  readonly ipc?: boolean
  /** `name:secret@host:port`, where it reports to. Default: nowhere. */
  readonly ethstats?: string
  /** Further arguments. Later ones win. */
  readonly args?: readonly string[]
}

/** A running geth. */
export interface Geth {
  readonly enode: string
  readonly datadir: string
  readonly authrpc: {
    /** `http://127.0.0.1:port`, also for `ws:`. */
    readonly url: string
    /** 32 bytes as hex. */
    readonly jwtSecret: string
    /** The file that has it. */
    readonly jwtFile: string
  }
  /** `http://127.0.0.1:port` where it was asked for. */
  readonly httpUrl: string | undefined
  /** Where it was asked for. */
  readonly ipcPath: string | undefined
  /** The last 100,000 characters that it logged, with everything of level debug and above. */
  log(): string
  /** Resolves when a line of the log matches, one of before included. */
  logged(pattern: RegExp): Promise<string>
  /** Calls a method over HTTP. @throws {Error} what geth answers */
  rpc<T = unknown>(method: string, ...params: readonly unknown[]): Promise<T>
  /** The same on the authenticated port, where the namespaces engine and eth are. */
  engine<T = unknown>(method: string, ...params: readonly unknown[]): Promise<T>
  stop(): Promise<void>
}

const HTTP_APIS = 'admin,debug,eth,net,txpool,web3'
const LOG_CHARACTERS = 100_000

/** A geth on free ports of the loopback with the test chain's genesis block; it does not outlive the test. */
export async function startGeth(folder: string, options: GethOptions = {}): Promise<Geth> {
  const { empty = false, http = false, ipc = false, ethstats, args: further = [] } = options
  const datadir = await mkdtemp(join(tmpdir(), 'ethspan-geth-'))
  onTestFinished(() => rm(datadir, { recursive: true, force: true, maxRetries: 5 }))
  const geth = binary('ETHSPAN_GETH')
  await run(geth, ['--datadir', datadir, 'init', join(folder, 'genesis.json')])
  if (!empty) await run(geth, ['--datadir', datadir, 'import', join(folder, 'chain.rlp')])
  const jwtSecret = '11'.repeat(32)
  const jwtFile = join(datadir, 'jwt')
  await writeFile(jwtFile, jwtSecret)
  const args = ['--datadir', datadir, '--networkid', String(TEST_CHAIN_NETWORK_ID), '--syncmode', 'full']
  args.push('--nodiscover', '--nat', 'none', '--port', '0', '--verbosity', '4')
  args.push('--authrpc.port', '0', '--authrpc.jwtsecret', jwtFile)
  if (http) args.push('--http', '--http.port', '0', '--http.api', HTTP_APIS)
  const ipcPath = ipc ? join(datadir, 'geth.ipc') : undefined
  args.push(...(ipcPath === undefined ? ['--ipcdisable'] : ['--ipcpath', ipcPath]))
  if (ethstats !== undefined) args.push('--ethstats', ethstats)
  const child = spawn(geth, [...args, ...further], { stdio: ['ignore', 'ignore', 'pipe'] })
  onTestFinished(() => stop(child))
  const log = new GethLog(child)
  const server = async (auth: boolean) => {
    const line = await log.line(new RegExp(`HTTP server started\\s+endpoint=(\\S+) auth=${auth}`))
    return `http://${line[1]}`
  }
  const [self, authUrl, httpUrl] = await Promise.all([
    log.line(/Started P2P networking\s+self="?(enode:\/\/[0-9a-f]{128}@)[^:]*:(\d+)/),
    server(true),
    http ? server(false) : undefined,
  ])
  return {
    enode: `${self[1]}127.0.0.1:${self[2]}`,
    datadir,
    authrpc: { url: authUrl, jwtSecret, jwtFile },
    httpUrl,
    ipcPath,
    log: () => log.text,
    logged: async (pattern) => (await log.line(pattern)).input,
    rpc: (method, ...params) => {
      if (httpUrl === undefined) throw new Error('this geth was started without HTTP')
      return call(httpUrl, method, params)
    },
    engine: (method, ...params) => call(authUrl, method, params, jwt(jwtSecret)),
    stop: () => stop(child),
  }
}

/** What geth writes, and those who wait for a line of it. */
class GethLog {
  #text = ''
  readonly #child: ChildProcess
  readonly #waiting = new Set<(line: string) => void>()

  constructor(child: ChildProcess) {
    this.#child = child
    if (child.stderr === null) throw new Error("geth's log is not piped")
    createInterface(child.stderr).on('line', (line) => {
      this.#text = `${this.#text}${line}\n`.slice(-LOG_CHARACTERS)
      for (const see of this.#waiting) see(line)
    })
  }

  get text(): string {
    return this.#text
  }

  line(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(deadline)
        this.#waiting.delete(see)
        this.#child.off('exit', onExit)
      }
      const fail = (why: string) => {
        done()
        reject(new Error(`${why}:\n${this.#text}`))
      }
      const see = (line: string) => {
        const match = pattern.exec(line)
        if (match === null) return
        done()
        resolve(match)
      }
      const onExit = (code: number | null) => fail(`geth exited with ${code}`)
      const deadline = setTimeout(() => fail(`geth did not log ${pattern}`), LOG_TIMEOUT_MS)
      this.#child.once('exit', onExit)
      this.#waiting.add(see)
      for (const line of this.#text.split('\n')) if (this.#waiting.has(see)) see(line)
    })
  }
}

async function call<T>(url: string, method: string, params: readonly unknown[], token?: string): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  if (!response.ok) throw new Error(`${method}: geth answered ${response.status}: ${await response.text()}`)
  const { result, error } = (await response.json()) as { result: T; error?: { code: number; message: string } }
  if (error !== undefined) throw new Error(`${method}: ${error.message} (${error.code})`)
  return result
}

/** A token as the authenticated port wants it: HS256 over the time of now. */
function jwt(secret: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ iat: Math.floor(Date.now() / 1000) })}`
  const mac = createHmac('sha256', Buffer.from(secret, 'hex')).update(signed).digest('base64url')
  return `${signed}.${mac}`
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  const kill = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  child.kill('SIGTERM')
  await exited
  clearTimeout(kill)
}

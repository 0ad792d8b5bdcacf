// A Firefox of this machine, driven by WebDriver BiDi (https://w3c.github.io/webdriver-bidi/), as it is shipped. Playwright knows
// only a build of its own, and asks a shipped one for a command that 153 does not have.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import WebSocket from 'ws'

/** Set to the path of a Firefox to use that one and no other. */
export const FIREFOX_PATH_VARIABLE = 'FIREFOX_PATH'

const NAMES_ON_PATH = ['firefox', 'firefox-esr']
const ON_MACOS = '/Applications/Firefox.app/Contents/MacOS/firefox'

/** Milliseconds for Firefox to start with a profile of its own, and for it to answer a command. */
const START_DEADLINE = 60_000
const ANSWER_DEADLINE = 30_000

/** Keys without a character (WebDriver, "keyboard actions"). */
export const Key = { Tab: '\uE004', ArrowRight: '\uE014' } as const

type Params = Readonly<Record<string, unknown>>

/** What comes from Firefox: an answer to a command, or an event. */
interface Incoming {
  readonly type: 'success' | 'error' | 'event'
  readonly id?: number | null
  readonly result?: Record<string, unknown>
  readonly error?: string
  readonly message?: string
  readonly method?: string
  readonly params?: Record<string, unknown>
}

interface Waiting {
  resolve(result: Record<string, unknown>): void
  reject(error: Error): void
}

export class Firefox {
  readonly #child: ChildProcess
  readonly #profile: string
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, Waiting>()
  #asked = 0
  /** What pages wrote to their console as warnings and errors, and what was thrown and caught by nobody. */
  readonly troubles: string[] = []
  /** Such as `153.7.0`. */
  version = ''

  private constructor(child: ChildProcess, profile: string, socket: WebSocket) {
    this.#child = child
    this.#profile = profile
    this.#socket = socket
    socket.on('message', (data) => this.#came(JSON.parse(String(data)) as Incoming))
    socket.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('Firefox is gone'))
      this.#waiting.clear()
    })
  }

  /** @throws {Error} that says what to do, where there is no Firefox */
  static async launch(): Promise<Firefox> {
    const path = executablePath()
    const profile = await mkdtemp(join(tmpdir(), 'ethspan-firefox-'))
    const args = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0', 'about:blank']
    const child = spawn(path, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    try {
      const socket = new WebSocket(`${await listening(child)}/session`, { perMessageDeflate: false })
      await once(socket, 'open')
      const firefox = new Firefox(child, profile, socket)
      const { capabilities } = await firefox.command('session.new', { capabilities: {} })
      firefox.version = String((capabilities as Params).browserVersion)
      await firefox.command('session.subscribe', { events: ['log.entryAdded'] })
      return firefox
    } catch (error) {
      await end(child, profile)
      throw error
    }
  }

  /** @throws {Error} with what Firefox says is wrong, or where it does not answer */
  command(method: string, params: Params): Promise<Record<string, unknown>> {
    this.#asked += 1
    const id = this.#asked
    return new Promise((resolve, reject) => {
      const settle = (outcome: () => void) => {
        clearTimeout(deadline)
        this.#waiting.delete(id)
        outcome()
      }
      const deadline = setTimeout(
        () => settle(() => reject(new Error(`${method} was not answered within ${ANSWER_DEADLINE} ms`))),
        ANSWER_DEADLINE,
      )
      this.#waiting.set(id, {
        resolve: (result) => settle(() => resolve(result)),
        reject: (error) => settle(() => reject(error)),
      })
      this.#socket.send(JSON.stringify({ id, method, params }))
    })
  }

  /** Opens a tab and goes to `url`. */
  async open(url: string): Promise<FirefoxTab> {
    const { context } = await this.command('browsingContext.create', { type: 'tab' })
    const tab = new FirefoxTab(this, String(context))
    await this.command('browsingContext.navigate', { context, url, wait: 'complete' })
    return tab
  }

  async close(): Promise<void> {
    await this.command('browser.close', {}).catch(() => undefined)
    await end(this.#child, this.#profile)
  }

  #came({ type, id, result = {}, error, message, method, params = {} }: Incoming): void {
    if (type !== 'event') {
      const waiting = this.#waiting.get(id ?? 0)
      if (type === 'success') waiting?.resolve(result)
      else waiting?.reject(new Error(`${error}: ${message}`))
    } else if (method === 'log.entryAdded' && (params.level === 'error' || params.level === 'warn')) {
      this.troubles.push(`${params.level}: ${params.text}`)
    }
  }
}

export class FirefoxTab {
  readonly #firefox: Firefox
  readonly #context: string

  constructor(firefox: Firefox, context: string) {
    this.#firefox = firefox
    this.#context = context
  }

  /** The value of an expression in the page, which must be one that JSON can hold; promises are waited for. */
  async evaluate(expression: string): Promise<unknown> {
    const outcome = await this.#firefox.command('script.evaluate', {
      expression: `Promise.resolve(${expression}).then((value) => JSON.stringify(value))`,
      target: { context: this.#context },
      awaitPromise: true,
      userActivation: true,
    })
    const { exceptionDetails, result } = outcome as { exceptionDetails?: { text: string }; result?: { value?: string } }
    if (exceptionDetails !== undefined) throw new Error(`${expression}: ${exceptionDetails.text}`)
    return result?.value === undefined ? undefined : JSON.parse(result.value)
  }

  /** How many elements match. */
  async count(selector: string): Promise<number> {
    return Number(await this.evaluate(`document.querySelectorAll(${JSON.stringify(selector)}).length`))
  }

  /** The visible text of the first element that matches; empty where there is none. */
  async text(selector: string): Promise<string> {
    return String(await this.evaluate(`document.querySelector(${JSON.stringify(selector)})?.innerText ?? ''`))
  }

  /** @throws {Error} where no element matches */
  async click(selector: string): Promise<void> {
    await this.evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`)
  }

  async focus(selector: string): Promise<void> {
    await this.evaluate(`document.querySelector(${JSON.stringify(selector)}).focus()`)
  }

  /** Presses a key for each character, where the focus is; those of {@link Key} are no text. */
  async press(keys: string): Promise<void> {
    const strokes = [...keys].flatMap((value) => [
      { type: 'keyDown', value },
      { type: 'keyUp', value },
    ])
    const actions = [{ type: 'key', id: 'keyboard', actions: strokes }]
    await this.#firefox.command('input.performActions', { context: this.#context, actions })
  }

  async close(): Promise<void> {
    await this.#firefox.command('browsingContext.close', { context: this.#context })
  }
}

const executablePath = (): string => {
  const directories = (process.env.PATH ?? '').split(delimiter).filter((directory) => directory !== '')
  const onPath = NAMES_ON_PATH.flatMap((name) => directories.map((directory) => join(directory, name)))
  const found = process.env[FIREFOX_PATH_VARIABLE] || [...onPath, ON_MACOS].find((path) => existsSync(path))
  if (found === undefined) {
    throw new Error(`There is no Firefox here: install one, or set ${FIREFOX_PATH_VARIABLE} to its path.`)
  }
  return found
}

/** The address at which Firefox takes commands, as it tells once it is up. */
const listening = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    const said: string[] = []
    const fail = (why: string) => {
      clearTimeout(deadline)
      reject(new Error([why, ...said].join('\n  ')))
    }
    const deadline = setTimeout(() => fail(`Firefox was not up within ${START_DEADLINE} ms`), START_DEADLINE)
    child.once('error', (error) => fail(error.message))
    child.once('exit', (code) => fail(`Firefox ended with code ${code}`))
    createInterface(child.stderr!).on('line', (line) => {
      said.push(line)
      const address = /^WebDriver BiDi listening on (ws:\S+)/.exec(line)?.[1]
      if (address === undefined) return
      clearTimeout(deadline)
      resolve(address)
    })
  })

const end = async (child: ChildProcess, profile: string): Promise<void> => {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
  }
  await rm(profile, { recursive: true, force: true, maxRetries: 5 })
}

import { asError, type Clock, EthspanError, type Logger, silentLogger, systemClock } from '@ethspan/core'
import type { Api } from '@ethspan/node'
import { rpcApi } from './api/rpc-api.js'
import { defaultRpcLimits, type RpcLimits } from './limits.js'
import { errorText, type Incoming, jsonText, NULL_ID, readMessage, resultText, utf8Length } from './message.js'
import { asRpcError, invalidParams, RpcError, RpcErrorCode } from './rpc-error.js'
import type { OpenedSubscription, Subscriptions } from './subscriptions.js'

export interface DispatcherOptions {
  /** What can be called; asked at each call, so that later ones count. */
  readonly apis: () => readonly Api[]
  /** What methods are told about the caller's way in: `http`, `ws`, `ipc` or `inproc`. */
  readonly endpoint: string
  /** The namespaces to offer, beside `rpc`, which is always there. Default: all. */
  readonly namespaces?: readonly string[]
  /** Whether the callers have shown the secret, and so get the apis that ask for it. Default false. */
  readonly authenticated?: boolean
  /** Milliseconds from which on a call is answered with -32002 and its signal fires. Default: none. */
  readonly callTimeout?: number
  readonly limits?: Partial<RpcLimits>
  readonly log?: Logger
  readonly clock?: Clock
}

/** Who asks. */
export interface Caller {
  /** Fires when the caller is gone; what it asked for is then given up. */
  readonly signal: AbortSignal
  /** Where its subscriptions are kept; undefined on a connection that can't carry notifications. */
  readonly subscriptions?: Subscriptions
}

export interface Answer {
  /** JSON text; undefined where nothing is to be sent: notifications only, or the caller is gone. */
  readonly text: string | undefined
  /** What came was no JSON: on a stream without framing, nothing after it can be trusted. */
  readonly malformed: boolean
  /** To be called once `text` has been sent: lets the notifications of new subscriptions follow. */
  sent(): void
}

/** Ends the wait for a method. */
const TIMED_OUT = Symbol('timed out')
const GONE = Symbol('gone')
type Stopped = typeof TIMED_OUT | typeof GONE

/** One answer of a batch being made. */
interface Call {
  readonly caller: Caller
  readonly signal: AbortSignal
  /** Settles when the call is to be given up. */
  readonly stopped: Promise<Stopped>
  readonly opened: OpenedSubscription[]
}

/** Answers JSON-RPC 2.0 requests, single and batch, with the methods of some apis. */
export class Dispatcher {
  readonly endpoint: string
  readonly limits: RpcLimits
  readonly log: Logger
  readonly #options: DispatcherOptions
  readonly #clock: Clock

  constructor(options: DispatcherOptions) {
    this.endpoint = options.endpoint
    this.limits = { ...defaultRpcLimits, ...options.limits }
    this.log = options.log ?? silentLogger
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  /** The apis on offer here, `rpc` among them. */
  offered(): readonly Api[] {
    const { apis, namespaces, authenticated = false } = this.#options
    const chosen = apis().filter((api) => {
      return (namespaces?.includes(api.namespace) ?? true) && (authenticated || api.authenticated !== true)
    })
    return [...chosen, rpcApi(() => this.offered())]
  }

  /** Answers one request or batch. Never rejects, whatever `text` is. */
  async answer(text: string, caller: Caller): Promise<Answer> {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (cause) {
      const error = new RpcError(RpcErrorCode.Parse, `parse error: ${asError(cause).message}`, { cause })
      return { text: errorText(NULL_ID, error), malformed: true, sent: () => {} }
    }
    const opened: OpenedSubscription[] = []
    const answer = await this.#within(caller, opened, (call) => {
      return Array.isArray(value) ? this.#batch(value, call) : this.#single(readMessage(value), call)
    })
    const sent = () => {
      for (const subscription of opened) subscription.activate()
    }
    return { text: answer, malformed: false, sent }
  }

  /** Runs `work` with a signal and a deadline of its own, and leaves neither behind. */
  async #within<T>(caller: Caller, opened: OpenedSubscription[], work: (call: Call) => Promise<T>): Promise<T> {
    const abort = new AbortController()
    let stop!: (why: Stopped) => void
    const stopped = new Promise<Stopped>((resolve) => {
      stop = resolve
    })
    const onGone = () => {
      stop(GONE)
      abort.abort(caller.signal.reason)
    }
    const { callTimeout } = this.#options
    const onTimeout = () => {
      stop(TIMED_OUT)
      abort.abort(new EthspanError('ERR_TIMEOUT', `the call took longer than ${callTimeout} ms`))
    }
    if (caller.signal.aborted) onGone()
    caller.signal.addEventListener('abort', onGone, { once: true })
    const timer = callTimeout === undefined ? undefined : this.#clock.setTimeout(onTimeout, callTimeout)
    try {
      return await work({ caller, signal: abort.signal, stopped, opened })
    } finally {
      timer?.cancel()
      caller.signal.removeEventListener('abort', onGone)
    }
  }

  async #single(message: Incoming, call: Call): Promise<string | undefined> {
    const answer = await this.#orStopped(message, call)
    if (answer === GONE) return undefined
    return answer === TIMED_OUT ? failure(message, timedOut()) : answer
  }

  /** One after the other, as geth does: a later request may count on what an earlier one did. */
  async #batch(values: readonly unknown[], call: Call): Promise<string | undefined> {
    const { batchRequests, batchResponseBytes } = this.limits
    if (values.length === 0) return errorText(NULL_ID, new RpcError(RpcErrorCode.InvalidRequest, 'empty batch'))
    if (values.length > batchRequests) return `[${batchTooLarge(values)}]`
    const messages = values.map(readMessage)
    const answers: (string | undefined)[] = []
    let bytes = 0
    for (const message of messages) {
      const answer = await this.#orStopped(message, call)
      if (answer === GONE) return undefined
      if (answer === TIMED_OUT) {
        answers.push(...messages.slice(answers.length).map((unanswered) => failure(unanswered, timedOut())))
        break
      }
      answers.push(answer)
      bytes += answer === undefined ? 0 : utf8Length(answer)
      if (bytes > batchResponseBytes) {
        const error = new RpcError(RpcErrorCode.ResponseTooLarge, 'response too large')
        answers.push(...messages.slice(answers.length).map((unanswered) => failure(unanswered, error)))
        break
      }
    }
    const written = answers.filter((answer) => answer !== undefined)
    return written.length === 0 ? undefined : `[${written.join(',')}]`
  }

  #orStopped(message: Incoming, call: Call): Promise<string | undefined | Stopped> {
    return call.signal.aborted ? call.stopped : Promise.race([this.#answerOne(message, call), call.stopped])
  }

  /** Never rejects. */
  async #answerOne(message: Incoming, call: Call): Promise<string | undefined> {
    if (message.kind === 'response') return undefined
    if (message.kind === 'invalid') return failure(message, message.error)
    try {
      const result = jsonText(await this.#call(message.method, message.params, call))
      return message.kind === 'call' ? resultText(message.id, result) : undefined
    } catch (thrown) {
      const error = asRpcError(thrown)
      const { method } = message
      this.log.debug('a call failed', { endpoint: this.endpoint, method, code: error.code, error })
      return failure(message, error)
    }
  }

  #call(method: string, params: unknown, call: Call): unknown {
    if (method.endsWith('_subscribe')) return this.#subscribe(method, params, call)
    if (method.endsWith('_unsubscribe')) return unsubscribe(params, call)
    const [namespace, name] = splitMethod(method)
    for (const api of this.offered()) {
      if (api.namespace !== namespace || !Object.hasOwn(api.methods, name)) continue
      return api.methods[name]?.(positional(params), { endpoint: this.endpoint, signal: call.signal })
    }
    throw new RpcError(RpcErrorCode.MethodNotFound, `the method ${method} does not exist/is not available`)
  }

  async #subscribe(method: string, params: unknown, { caller, opened }: Call): Promise<string> {
    if (caller.subscriptions === undefined) {
      throw new RpcError(RpcErrorCode.MethodNotFound, 'notifications not supported')
    }
    const [namespace] = splitMethod(method)
    const [name, ...rest] = positional(params)
    if (typeof name !== 'string') throw invalidParams('expected subscription name as first argument')
    const source = this.offered().find(({ namespace: theirs, subscriptions = {} }) => {
      return theirs === namespace && Object.hasOwn(subscriptions, name)
    })?.subscriptions?.[name]
    if (source === undefined) {
      const message = `no ${JSON.stringify(name)} subscription in ${namespace} namespace`
      throw new RpcError(RpcErrorCode.MethodNotFound, message)
    }
    const subscription = await caller.subscriptions.open(namespace, source, rest)
    opened.push(subscription)
    return subscription.id
  }
}

function unsubscribe(params: unknown, { caller }: Call): boolean {
  const [id, ...more] = positional(params)
  if (more.length > 0) throw invalidParams('too many arguments, want at most 1')
  if (id === undefined || id === null) throw invalidParams('missing value for required argument 0')
  if (typeof id !== 'string') throw invalidParams('invalid argument 0: expected a string')
  if (caller.subscriptions?.cancel(id) !== true) throw new RpcError(RpcErrorCode.Server, 'subscription not found')
  return true
}

/** At the first underscore. */
function splitMethod(method: string): readonly [namespace: string, name: string] {
  const at = method.indexOf('_')
  return at < 0 ? [method, ''] : [method.slice(0, at), method.slice(at + 1)]
}

/** Named parameters are not taken, as in geth; none may be written as null. */
function positional(params: unknown): readonly unknown[] {
  if (params === undefined || params === null) return []
  if (!Array.isArray(params)) throw invalidParams('non-array args')
  return params
}

const timedOut = (): RpcError => new RpcError(RpcErrorCode.Timeout, 'request timed out')

/** The answer to a message that failed; none to a notification. */
function failure(message: Incoming, error: RpcError): string | undefined {
  return message.kind === 'call' || message.kind === 'invalid' ? errorText(message.id, error) : undefined
}

/** One error for all of them, with the id of the first that has one: JSON-RPC has no answer to a batch as a whole. */
function batchTooLarge(values: readonly unknown[]): string {
  const error = new RpcError(RpcErrorCode.InvalidRequest, 'batch too large')
  for (const value of values) {
    const message = readMessage(value)
    if (message.kind === 'call') return errorText(message.id, error)
  }
  return errorText(NULL_ID, error)
}

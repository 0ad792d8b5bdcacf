// The console's connection. JavaScript has no way to wait for an answer in the middle of an expression, so the connection
// lives in a thread of its own, and the console's thread sleeps until the answer is there: `admin.peers.length` just works.
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { Answer, Question, RemoteSetup } from './remote-worker.js'

/** Milliseconds for one answer. Longer than a node's own limit for a call (30 s), so that the node tells what was slow. */
const CALL_TIMEOUT = 35_000

/** What a console says of an error: one line. */
export class ConsoleError extends Error {
  /** The code of JSON-RPC where the node answered with one. */
  readonly code: number | undefined

  constructor(message: string, code?: number) {
    super(message)
    this.name = 'Error'
    this.code = code
  }
}

/** A connection whose calls return once the answer is there. */
export interface Remote {
  /** @throws {ConsoleError} the node's answer, or that there is none */
  call(method: string, params: readonly unknown[]): unknown
  close(): Promise<void>
}

/**
 * Connects to a node's JSON-RPC, any address that `connect` of `@ethspan/rpc/endpoints` takes.
 * @throws {ConsoleError} where no node answers there
 */
export function openRemote(address: string): Remote {
  const { port1: port, port2: theirs } = new MessageChannel()
  const signal = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  const setup: RemoteSetup = { address, port: theirs, signal }
  const worker = new Worker(new URL('./remote-worker.js', import.meta.url), {
    workerData: setup,
    transferList: [theirs],
  })
  // Neither keeps the process up when the console is closed.
  worker.unref()
  port.unref()
  const close = async () => {
    port.close()
    await worker.terminate()
  }
  const remote = { call: (method: string, params: readonly unknown[]) => call(port, signal, { method, params }), close }
  return remote
}

function call(port: MessagePort, signal: Int32Array, question: Question): unknown {
  const before = Atomics.load(signal, 0)
  port.postMessage(question)
  if (Atomics.wait(signal, 0, before, CALL_TIMEOUT) === 'timed-out') {
    throw new ConsoleError(`no answer within ${CALL_TIMEOUT / 1000} seconds`)
  }
  const answer = receiveMessageOnPort(port)?.message as Answer | undefined
  if (answer === undefined) throw new ConsoleError('the connection to the node is gone')
  if ('error' in answer) throw new ConsoleError(answer.error, answer.code)
  return answer.result
}

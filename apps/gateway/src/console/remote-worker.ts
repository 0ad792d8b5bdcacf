// The thread that holds the console's connection: takes one question at a time and wakes the console with the answer.
import { type MessagePort, workerData } from 'node:worker_threads'
import { asError } from '@ethspan/core'
import { type RpcClient, RpcError } from '@ethspan/rpc'
import { connect } from '@ethspan/rpc/endpoints'

export interface RemoteSetup {
  readonly address: string
  readonly port: MessagePort
  /** Counts the answers; who waits for one is woken by it. */
  readonly signal: Int32Array
}

export interface Question {
  readonly method: string
  readonly params: readonly unknown[]
}

export type Answer = { readonly result: unknown } | { readonly error: string; readonly code?: number }

const { address, port, signal } = workerData as RemoteSetup
let client: RpcClient | undefined

/** Connects at the first question, and again after the connection was lost: a node may be started anew under a console. */
async function answerTo({ method, params }: Question): Promise<Answer> {
  try {
    if (client === undefined || client.signal.aborted) client = await connect(address)
    return { result: await client.request(method, params) }
  } catch (thrown) {
    const { message } = asError(thrown)
    return thrown instanceof RpcError ? { error: message, code: thrown.code } : { error: message }
  }
}

port.on('message', async (question: Question) => {
  port.postMessage(await answerTo(question))
  Atomics.add(signal, 0, 1)
  Atomics.notify(signal, 0)
})

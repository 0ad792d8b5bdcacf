import { type Body, bodyFault, transactionsRoot } from '@ethspan/chain'
import { equalBytes } from '@ethspan/core'
import type { BlockTask } from './block-task.js'
import { type Delivery, deliver, type Matcher } from './delivery.js'

const bodies: Matcher<Body> = {
  name: 'body',
  root: ({ transactions }) => transactionsRoot(transactions),
  mayFit: ({ header }, _body, root) => equalBytes(header.txsRoot, root),
  fit: async (task, body) => {
    // Another peer was faster.
    if (task.body !== undefined && equalBytes(task.body.raw, body.raw)) return undefined
    const fault = await bodyFault(task.header, body)
    if (fault === undefined) task.body ??= body
    return fault
  },
}

/** Takes the answer to a request for the bodies of `tasks`. */
export const deliverBodies = (tasks: readonly BlockTask[], answer: readonly Body[]): Promise<Delivery> =>
  deliver(tasks, answer, bodies)

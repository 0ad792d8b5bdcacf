// The node that all tabs of this origin share, in a SharedWorker.
import { portClient, type RpcClient } from '@ethspan/rpc'
import type { NodeHome } from './rpc-node-client.js'

/** How long the worker has for its first answer; milliseconds. It loads one script. */
const FIRST_ANSWER = 15_000

/** `otherwise`: where the node lives when the browser lets no worker run. */
export function sharedHome(otherwise: () => Promise<NodeHome>): NodeHome {
  let fallback: NodeHome | undefined
  return {
    async attach() {
      if (fallback !== undefined) return fallback.attach()
      try {
        return await attachToWorker()
      } catch (error) {
        console.info('This browser runs no shared worker for the page; the node lives in the tab.', error)
        fallback = await otherwise()
        return fallback.attach()
      }
    },
    leave: () => fallback?.leave(),
  }
}

/** @throws {Error} where the browser refuses the worker, or the worker does not answer */
async function attachToWorker(): Promise<RpcClient> {
  const worker = new SharedWorker(new URL('../worker.ts', import.meta.url), {
    type: 'module',
    // This file's name holds the hash of the build, so that pages and workers of two builds never meet.
    name: `ethspan ${new URL(import.meta.url).pathname}`,
  })
  const client = portClient(worker.port)
  const failed = new Promise<never>((_, reject) => {
    worker.addEventListener('error', () => reject(new Error('the worker could not start')), { once: true })
  })
  try {
    await Promise.race([client.request('rpc_modules', [], { signal: AbortSignal.timeout(FIRST_ANSWER) }), failed])
  } catch (error) {
    client.close()
    throw error
  }
  // Its error event keeps telling of later exceptions, which end no connection.
  failed.catch((error: unknown) => console.error('The worker reported an error.', error))
  return client
}

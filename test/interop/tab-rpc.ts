// What the node behind a page says over JSON-RPC: a test is one more tab of its worker, with a port as each tab has one.
import type { BrowserContext, Page } from 'playwright'
import type { Answer, Request } from './rpc-pair.js'

/** Requests under way at once. */
const AT_ONCE = 50

declare global {
  /** The page's worker, as it asked for it. */
  var askedWorker: { readonly url: string | URL; readonly options: string | WorkerOptions | undefined } | undefined
}

/** To be called before a tab is opened: notes which worker a page asks for, whose name holds the hash of the build. */
export const noteWorkers = (context: BrowserContext): Promise<unknown> =>
  context.addInitScript(() => {
    globalThis.SharedWorker = class extends SharedWorker {
      constructor(url: string | URL, options?: string | WorkerOptions) {
        super(url, options)
        globalThis.askedWorker = { url, options }
      }
    }
  })

/** The answers of the node behind `page`, which lives in a worker; see {@link noteWorkers}. */
export const askTab = (page: Page, requests: readonly Request[]): Promise<Answer[]> =>
  page.evaluate(
    async ({ requests, atOnce }) => {
      if (globalThis.askedWorker === undefined) throw new Error('the page asked for no worker')
      const { port } = new SharedWorker(globalThis.askedWorker.url, globalThis.askedWorker.options)
      const waiting = new Map<number, (answer: Answer) => void>()
      port.onmessage = ({ data }) => {
        if (typeof data !== 'string') return
        const { id, result, error } = JSON.parse(data) as Answer & { readonly id: number }
        waiting.get(id)?.(error === undefined ? { result } : { error })
        waiting.delete(id)
      }
      const ask = ([method, ...params]: Request, id: number) =>
        new Promise<Answer>((resolve) => {
          waiting.set(id, resolve)
          port.postMessage(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
        })
      const answers: Answer[] = []
      for (let at = 0; at < requests.length; at += atOnce) {
        answers.push(...(await Promise.all(requests.slice(at, at + atOnce).map((request, i) => ask(request, at + i)))))
      }
      // The goodbye of a port, see @ethspan/rpc.
      port.postMessage(null)
      port.close()
      return answers
    },
    { requests, atOnce: AT_ONCE },
  )

import { inProcess, type RpcClient } from '@ethspan/rpc'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Board } from '../src/client/board.js'
import type { NodeEvent } from '../src/client/client.js'
import { RpcNodeClient } from '../src/client/rpc-node-client.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A client, and the node's side of it. */
function setUp() {
  const board = new Board()
  const calls: string[] = []
  const attached: RpcClient[] = []
  const page = {
    namespace: 'page',
    methods: {
      start: ([base]: readonly unknown[]) => void calls.push(`start ${base}`),
      events: ([seen]: readonly unknown[], { signal }: { readonly signal: AbortSignal }) =>
        board.since(typeof seen === 'number' ? seen : undefined, { signal, later: () => () => {} }),
      sendChat: ([text]: readonly unknown[]) => ({ ok: false, why: `not ${text}` }),
    },
  }
  const home = {
    attach: async () => {
      const rpc = inProcess([page])
      attached.push(rpc)
      return rpc
    },
    leave: () => void calls.push('leave'),
  }
  const client = new RpcNodeClient(home, 'http://here/')
  const events: NodeEvent['type'][] = []
  client.subscribe((event) => events.push(event.type))
  return { board, calls, attached, client, events, pass: (ms: number) => vi.advanceTimersByTimeAsync(ms) }
}

describe('RpcNodeClient', () => {
  test('starts the node, tells all there is and then what happens', async () => {
    const { board, calls, events, pass } = setUp()
    await pass(0)
    expect(calls).toEqual(['start http://here/'])
    expect(events).toEqual(['snapshot'])
    board.emit({ type: 'tabs', tabs: 2 })
    await pass(0)
    expect(events).toEqual(['snapshot', 'tabs'])
  })

  test('attaches again when the connection ends, and tells all anew', async () => {
    const { attached, calls, events, pass } = setUp()
    await pass(0)
    attached[0]?.close()
    await pass(1000)
    expect(attached).toHaveLength(2)
    expect(calls).toHaveLength(2)
    expect(events).toEqual(['snapshot', 'snapshot'])
  })

  test('a page that goes away says so and asks nothing more, until it returns', async () => {
    const { attached, board, calls, client, events, pass } = setUp()
    await pass(0)
    client.leave()
    client.leave()
    let isAnswered = false
    void client.sendChat('x').then(() => {
      isAnswered = true
    })
    board.emit({ type: 'tabs', tabs: 2 })
    await pass(60_000)
    expect(calls).toEqual(['start http://here/', 'leave'])
    expect([attached.length, attached[0]?.signal.aborted, isAnswered]).toEqual([1, true, false])
    client.returns()
    await pass(1000)
    expect(attached).toHaveLength(2)
    expect(events).toEqual(['snapshot', 'snapshot'])
  })

  test('a page that leaves and returns at once attaches once', async () => {
    const { attached, client, pass } = setUp()
    await pass(0)
    client.leave()
    client.returns()
    await pass(60_000)
    expect(attached).toHaveLength(2)
  })

  test('hands answers on; while no node runs there are no peers', async () => {
    const { client, pass } = setUp()
    await pass(0)
    expect(await client.sendChat('now')).toEqual({ ok: false, why: 'not now' })
    expect(await client.peers()).toEqual([])
  })
})

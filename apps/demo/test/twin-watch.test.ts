import { describe, expect, test } from 'vitest'
import { type TwinChannel, TwinWatch } from '../src/client/twin-watch.js'

/** Channels that deliver to all others at once, as a BroadcastChannel does a little later. */
function channels(count: number): TwinChannel[] {
  const listeners: ((event: { readonly data: unknown }) => void)[] = []
  return Array.from({ length: count }, (_, own) => ({
    addEventListener(_type, listener) {
      listeners[own] = listener
    },
    postMessage(data) {
      for (const [index, listener] of listeners.entries()) if (index !== own) listener({ data })
    },
  }))
}

const soon = () => Promise.resolve()

describe('TwinWatch', () => {
  test('a duplicated tab finds the tab that runs with its key', async () => {
    const [a, b] = channels(2)
    const original = new TwinWatch(a, 'token-a')
    const copy = new TwinWatch(b, 'token-b')
    original.claim('id')
    expect(await copy.hasTwin('id', () => new Promise(() => {}))).toBe(true)
  })

  test('a reloaded tab finds nobody', async () => {
    const [a, b] = channels(2)
    new TwinWatch(a, 'token-a').claim('another id')
    expect(await new TwinWatch(b, 'token-b').hasTwin('id', soon)).toBe(false)
  })

  test('of two tabs that start together, one keeps the key', async () => {
    const [a, b] = channels(2)
    const first = new TwinWatch(a, 'token-a')
    const second = new TwinWatch(b, 'token-b')
    const answers = await Promise.all([first.hasTwin('id', soon), second.hasTwin('id', () => new Promise(() => {}))])
    expect(answers).toEqual([false, true])
  })

  test('a node that stopped answers no more', async () => {
    const [a, b] = channels(2)
    const stopped = new TwinWatch(a, 'token-a')
    stopped.claim('id')
    stopped.release()
    expect(await new TwinWatch(b, 'token-b').hasTwin('id', soon)).toBe(false)
  })

  test('without a channel there are no twins, and strange messages mean nothing', async () => {
    expect(await new TwinWatch(undefined, 'token').hasTwin('id', soon)).toBe(false)
    const [a, b] = channels(2)
    const watch = new TwinWatch(a, 'token-a')
    const search = watch.hasTwin('id', soon)
    for (const data of [null, 'mine', { kind: 'mine', id: 'id' }, { kind: 'mine', id: 'x', token: 'y' }]) {
      b!.postMessage(data)
    }
    expect(await search).toBe(false)
  })
})

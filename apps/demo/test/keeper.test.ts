import { describe, expect, test } from 'vitest'
import { MemoryKeeper, readKept, SessionKeeper } from '../src/client/keeper.js'
import { homeWords, keyOriginWords, keyPlaceWords } from '../src/words/home-words.js'

const privateKey = 'ab'.repeat(32)

/** As much of a Storage as is used. */
function storage() {
  const items = new Map<string, string>()
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  }
}

describe.each([
  ['in memory', () => new MemoryKeeper()],
  ['in session storage', () => new SessionKeeper(storage())],
])('what is kept %s', (_, make) => {
  test('is nothing at first, then what was saved', async () => {
    const keeper = make()
    expect(await keeper.load()).toEqual({})
    await keeper.save({ privateKey })
    expect(await keeper.load()).toEqual({ privateKey })
    await keeper.save({ privateKey, nickname: 'ada' })
    expect(await keeper.load()).toEqual({ privateKey, nickname: 'ada' })
    expect(keeper.forTwin()).toBe(keeper)
  })
})

test.each([null, undefined, '', 'rubbish', '7', 'null', '{"privateKey":"ab"}', '{"privateKey":7,"nickname":{}}'])(
  'takes nothing out of %j',
  (text) => expect(readKept(text)).toEqual({}),
)

describe('the words for where the node and its key are', () => {
  test('name the tab or the browser', () => {
    expect(homeWords('tab', 1)).toBe('this tab')
    expect(homeWords('worker', 1)).toBe('this browser, shared by its tabs')
    expect(homeWords('worker', 3)).toBe('this browser, shared by 3 tabs')
  })

  test('are one sentence for every case', () => {
    for (const home of ['tab', 'worker'] as const) {
      for (const keyPlace of ['session', 'indexeddb', 'memory'] as const) {
        expect(keyPlaceWords({ keyPlace, home })).toMatch(/^It is kept in .*\.$/)
      }
      for (const keyOrigin of ['new', 'kept', 'imported', 'twin'] as const) {
        expect(keyOriginWords({ keyOrigin, home })).toMatch(/^(A new|The) key.*\.$/)
      }
    }
  })
})

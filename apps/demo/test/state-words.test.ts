import { describe, expect, test } from 'vitest'
import type { GatewayInfo, NodeState } from '../src/client/client.js'
import { countdown, sentence, stateWords } from '../src/words/state-words.js'

const gateway: GatewayInfo = { name: 'ethspan/harbour/v0.1.0', id: '', dial: '', enode: '', version: '0.1.0' }
const now = 1_000_000

describe('stateWords', () => {
  test.each<[NodeState, string, string]>([
    [{ phase: 'stopped' }, 'Stopped', 'The node is not running.'],
    [{ phase: 'starting' }, 'Starting', 'The node is starting up.'],
    [{ phase: 'connecting', step: 'find' }, 'Looking for the gateway', 'Asking where it can be dialed.'],
    [{ phase: 'connecting', step: 'dial' }, 'Connecting', 'Exchanging keys with the gateway.'],
    [{ phase: 'connected', gateway, since: now - 61_000 }, 'Connected', 'Peered with harbour for 1 min.'],
    [{ phase: 'connected', gateway, since: now }, 'Connected', 'Peered with harbour just now.'],
    [
      { phase: 'reconnecting', why: 'the gateway is gone: it is shutting down', retryAt: now + 3_200, attempt: 2 },
      'Reconnecting',
      'The gateway is gone: it is shutting down. Next try in 4 s.',
    ],
    [{ phase: 'disconnected' }, 'Disconnected', 'You ended the connection to the gateway.'],
    [{ phase: 'failed', why: 'no randomness' }, 'Could not start', 'No randomness.'],
  ])('%j', (state, title, detail) => {
    const words = stateWords(state, now)
    expect([words.title, words.detail]).toEqual([title, detail])
  })

  test('the title says nothing that changes with time, since it is announced', () => {
    const state: NodeState = { phase: 'reconnecting', why: 'x', retryAt: now + 9000, attempt: 1 }
    expect(stateWords(state, now).title).toBe(stateWords(state, now + 5000).title)
  })
})

test('a countdown ends in words', () => {
  expect(countdown(30_000)).toBe('Next try in 30 s.')
  expect(countdown(1)).toBe('Next try in 1 s.')
  expect(countdown(0)).toBe('Trying again.')
})

test('a sentence has a capital and an end', () => {
  expect(sentence('it works')).toBe('It works.')
  expect(sentence('Why?')).toBe('Why?')
  expect(sentence('  ')).toBe('')
})

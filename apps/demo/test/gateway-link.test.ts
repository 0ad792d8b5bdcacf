import { SimClock, settle } from '@ethspan/core/testing'
import { describe, expect, test } from 'vitest'
import type { GatewayInfo, NodeState } from '../src/client/client.js'
import { parseGatewayInfo } from '../src/client/gateway.js'
import { GatewayLink } from '../src/client/gateway-link.js'

const gatewayAt = (dial: string, id = '1'.repeat(64)): GatewayInfo => ({ name: 'gw', id, dial, enode: '', version: '' })

function setUp(answers: (GatewayInfo | Error)[], { connected = false } = {}) {
  const clock = new SimClock()
  const states: NodeState[] = []
  const calls: string[] = []
  const link = new GatewayLink({
    async find() {
      const answer = answers.length > 1 ? answers.shift()! : answers[0]!
      if (answer instanceof Error) throw answer
      return answer
    },
    add: (url) => calls.push(`add ${url}`),
    remove: (url) => calls.push(`remove ${url}`),
    now: () => clock.now(),
    later: (callback, ms) => {
      const timer = clock.setTimeout(callback, ms)
      return () => timer.cancel()
    },
    state: (state) => states.push(state),
    found: () => calls.push('found'),
    isConnected: () => connected,
  })
  const phases = () => states.map(({ phase }) => phase)
  const last = () => states.at(-1)
  return { clock, link, states, calls, phases, last }
}

describe('GatewayLink', () => {
  test('finds, dials and connects', async () => {
    const { link, calls, phases } = setUp([gatewayAt('ws-a')])
    await link.start()
    link.dialing()
    link.connected()
    expect(calls).toEqual(['found', 'add ws-a'])
    expect(phases()).toEqual(['connecting', 'connecting', 'connected'])
  })

  test('a gateway that is a peer already is connected at once', async () => {
    const { link, phases } = setUp([gatewayAt('ws-a')], { connected: true })
    await link.start()
    expect(phases()).toEqual(['connecting', 'connected'])
  })

  test('searches again, the first time within a second, with longer pauses up to 30 s', async () => {
    const { clock, link, states } = setUp([new Error('the gateway does not answer')])
    await link.start()
    for (let n = 0; n < 8; n += 1) {
      await clock.advance(30_000)
    }
    const pauses: number[] = []
    for (const state of states) if (state.phase === 'reconnecting') pauses.push(state.attempt)
    expect(pauses.length).toBeGreaterThan(4)
    const first = states.find((state) => state.phase === 'reconnecting')
    expect(first).toMatchObject({ why: 'the gateway does not answer', retryAt: 500, attempt: 1 })
  })

  test('says when the server dials again after the gateway went away', async () => {
    const { link, last } = setUp([gatewayAt('ws-a')])
    await link.start()
    link.connected()
    link.failed('it is shutting down', 4000)
    expect(last()).toEqual({ phase: 'reconnecting', why: 'it is shutting down', retryAt: 4000, attempt: 0 })
  })

  test('stays with its words while it tries again', async () => {
    const { link, states } = setUp([gatewayAt('ws-a')])
    await link.start()
    link.connected()
    link.failed('it is shutting down', 500)
    link.dialing()
    link.failed('it could not be reached', 1000)
    link.connected()
    expect(states.slice(-4)).toMatchObject([
      { phase: 'reconnecting', why: 'it is shutting down', retryAt: 500 },
      { phase: 'reconnecting', why: 'it is shutting down', retryAt: 0 },
      { phase: 'reconnecting', why: 'it could not be reached', retryAt: 1000 },
      { phase: 'connected' },
    ])
  })

  test('dials the new address when the gateway came back with another key', async () => {
    const { link, calls } = setUp([gatewayAt('ws-a'), gatewayAt('ws-b', '2'.repeat(64))])
    await link.start()
    link.connected()
    link.failed('it is shutting down', 0)
    link.dialing()
    link.rejected('the encryption handshake failed', 500)
    await settle()
    expect(calls).toEqual(['found', 'add ws-a', 'remove ws-a', 'found', 'add ws-b'])
    expect(link.is('2'.repeat(64))).toBe(true)
  })

  test('leaves the dialing to the server when the address is the same', async () => {
    const { link, calls } = setUp([gatewayAt('ws-a')])
    await link.start()
    link.dialing()
    link.rejected('it has too many peers', 500)
    await settle()
    expect(calls).toEqual(['found', 'add ws-a'])
  })

  test('once dropped it is silent, whatever still comes in', async () => {
    const { link, calls, states } = setUp([gatewayAt('ws-a')])
    await link.start()
    link.drop()
    const said = states.length
    link.dialing()
    link.connected()
    link.failed('gone', 500)
    await settle()
    expect(states).toHaveLength(said)
    expect(calls).toEqual(['found', 'add ws-a', 'remove ws-a'])
  })

  test('tells why an address it was given can not be dialed', async () => {
    const { link, last } = setUp([new Error('HTTP status 404')])
    await link.start()
    expect(last()).toMatchObject({ phase: 'reconnecting', why: 'HTTP status 404' })
  })
})

describe('parseGatewayInfo', () => {
  const good = gatewayAt('enode+ws://…')
  test('reads the answer', () => expect(parseGatewayInfo(JSON.stringify({ ...good, more: 1 }))).toEqual(good))
  test.each([
    ['<html>', 'its node.json is not JSON'],
    ['null', 'its node.json lacks "name"'],
    [JSON.stringify({ ...good, id: 'x' }), 'the id in its node.json is not a node id'],
    [JSON.stringify({ ...good, name: 'x'.repeat(20_000) }), 'its node.json is too long'],
  ])('refuses %.20s', (text, why) => expect(() => parseGatewayInfo(text)).toThrow(why))
})

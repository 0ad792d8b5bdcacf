import { Enode } from '@ethspan/core'
import { explainDial, webSocket } from '@ethspan/websocket'
import { describe, expect, test } from 'vitest'
import { nodeAt, PUBLIC_KEY } from './support.js'

const https = { protocol: 'https:' }
const http = { protocol: 'http:' }
const why = (text: string, page?: { protocol: string }) => {
  const check = explainDial(text, page)
  return check.ok ? `can be dialed: ${check.address}` : check.why
}

describe('what a person typed', () => {
  test('a WebSocket address can be dialed', () => {
    const text = ` enode+ws://${PUBLIC_KEY}@example.org:8547/p2p\n`
    expect(explainDial(text, http)).toEqual({ ok: true, address: 'ws://example.org:8547/p2p' })
  })

  test('a page from https dials wss, and ws on this machine alone', () => {
    expect(why(`enode+ws://${PUBLIC_KEY}@example.org:8547/p2p`, https)).toMatch(/mixed content.*wss:/)
    expect(why(`enode+ws://${PUBLIC_KEY}@192.168.1.5:8547/p2p`, https)).toMatch(/mixed content/)
    expect(why(`enode+ws://${PUBLIC_KEY}@localhost.example.org/p2p`, https)).toMatch(/mixed content/)
    for (const host of ['localhost', 'a.localhost', '127.0.0.1', '127.3.2.1', '[::1]']) {
      expect(why(`enode+ws://${PUBLIC_KEY}@${host}:8547/p2p`, https)).toBe(`can be dialed: ws://${host}:8547/p2p`)
    }
    expect(why(`enode+wss://${PUBLIC_KEY}@example.org/p2p`, https)).toBe('can be dialed: wss://example.org/p2p')
  })

  test('a TCP address is for the TCP transport, and nothing for a browser', () => {
    const text = `enode://${PUBLIC_KEY}@127.0.0.1:30303`
    expect(why(text, http)).toMatch(/TCP address only, and a browser cannot open TCP connections/)
    expect(why(text)).toMatch(/TCP address only, which the TCP transport dials/)
    expect(why(`enode://${PUBLIC_KEY}`, http)).toBe('This node tells no address to dial.')
  })

  test('what is no address is told why', () => {
    expect(why('')).toBe('There is no address to dial yet.')
    expect(why('ws://127.0.0.1:8547/p2p')).toMatch(/does not say who is there/)
    expect(why('hello')).toMatch(/^This is no node address: .*\.$/)
    expect(why('enode+ws://abcd@127.0.0.1:8547/p2p')).toMatch(/public key has 4 hex digits instead of 128/)
    expect(why(`enode+ws://${PUBLIC_KEY}@127.0.0.1:99999/p2p`)).toMatch(/port/)
  })
})

test('the transport says the same of a node', () => {
  const transport = webSocket()
  expect(transport.check(nodeAt('ws://127.0.0.1:1/p2p'))).toEqual({ ok: true, address: 'ws://127.0.0.1:1/p2p' })
  const tcpOnly = transport.check(Enode.parse(`enode://${PUBLIC_KEY}@127.0.0.1:30303`))
  expect(tcpOnly.ok).toBe(false)
})

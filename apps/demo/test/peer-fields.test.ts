import { describe, expect, test } from 'vitest'
import type { PassedMessage, PeerInfo } from '../src/client/client.js'
import { peerExport } from '../src/state/peer-export.js'
import { counterRows, peerFields } from '../src/words/peer-fields.js'

const traffic = (messagesIn: number, messagesOut: number, bytesIn: number, bytesOut: number) => {
  return { messagesIn, messagesOut, bytesIn, bytesOut }
}
const id = 'ab'.repeat(32)
const peer: PeerInfo = {
  enr: 'enr:-abc',
  enode: `enode://${'cd'.repeat(64)}@127.0.0.1:30303`,
  id,
  name: 'Geth/v1.17.10',
  caps: ['eth/68', 'snap/1'],
  network: {
    localAddress: '',
    remoteAddress: 'ws://127.0.0.1:8547/p2p',
    inbound: false,
    trusted: false,
    static: true,
    transport: 'ws',
  },
  protocols: { eth: { version: 68, difficulty: null }, chat: { version: 1 } },
  connectedSince: 0,
  roundTripTime: 1.25,
  traffic: { ...traffic(5, 4, 50, 40), byProtocol: { 'chat/1': traffic(2, 1, 20, 10), 'eth/68': traffic(1, 1, 9, 9) } },
}
const fieldsOf = (info: PeerInfo) => Object.fromEntries(peerFields(info).map(({ path, value }) => [path, value]))

/** The paths of all leaves; what protocols tell, and lists, are leaves. */
const paths = (value: object, prefix = ''): string[] =>
  Object.entries(value).flatMap(([key, item]) => {
    const isObject = typeof item === 'object' && item !== null && !Array.isArray(item)
    return isObject && prefix !== 'protocols.' ? paths(item, `${prefix}${key}.`) : [prefix + key]
  })

describe('the fields of a peer', () => {
  test('are all of admin_peers but the counters', () => {
    const { traffic: _, ...fields } = peer
    expect(
      peerFields(peer)
        .map(({ path }) => path)
        .sort(),
    ).toEqual(paths(fields).sort())
  })

  test('are words', () => {
    expect(fieldsOf(peer)).toMatchObject({
      caps: 'eth/68, snap/1',
      'network.inbound': 'outbound: this node dialed it',
      'network.static': 'yes: kept connected',
      'network.trusted': 'no',
      roundTripTime: '1.3 ms',
      'protocols.eth': 'version 68, difficulty null',
    })
  })

  test('that are new are shown under their path', () => {
    const newer = { ...peer, score: 7 } as PeerInfo
    expect(peerFields(newer).at(-1)).toMatchObject({ path: 'score', label: 'score', value: '7' })
  })

  test('carry nothing harmful and no end of text', () => {
    const nasty = { ...peer, name: 'x\u202ey\n'.repeat(1000), caps: Array.from({ length: 500 }, () => 'long/1') }
    for (const { value } of peerFields(nasty)) {
      expect([...value].length).toBeLessThanOrEqual(600)
      expect(value).not.toMatch(/[\u202e\n]/)
    }
  })
})

test('the base protocol has what the total has beyond the others', () => {
  const { rows, total } = counterRows(peer)
  expect(rows).toEqual([
    { protocol: 'p2p/5', ...traffic(2, 2, 21, 21) },
    { protocol: 'chat/1', ...traffic(2, 1, 20, 10) },
    { protocol: 'eth/68', ...traffic(1, 1, 9, 9) },
  ])
  expect(total).toEqual({ protocol: 'Total', ...traffic(5, 4, 50, 40) })
})

test('the export is the peer as it was told, with named messages', () => {
  const message: PassedMessage = { seq: 1, at: 1000, direction: 'in', protocol: 'chat/1', code: 1, size: 9 }
  const { name, text } = peerExport(peer, [message], 'self', 2000)
  expect(name).toBe('peer-abababab.json')
  expect(JSON.parse(text)).toEqual({
    exportedAt: '1970-01-01T00:00:02.000Z',
    exportedBy: 'self',
    peer: JSON.parse(JSON.stringify(peer)),
    messages: [{ ...message, name: 'Message', at: '1970-01-01T00:00:01.000Z' }],
  })
})

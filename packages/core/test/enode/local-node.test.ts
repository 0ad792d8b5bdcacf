import { describe, expect, test } from 'vitest'
import { bytesToHex, hexToBytes } from '../../src/bytes.js'
import { publicKeyOf } from '../../src/crypto/secp256k1.js'
import { ENR } from '../../src/enode/enr.js'
import { LocalNode } from '../../src/enode/local-node.js'

const privateKey = hexToBytes('b71c71a67e1177ad4e901695e1b4b9ee17ae16c6668d313eac2f96dbcda3f291')
const ip = hexToBytes('7f000001')

describe('the local node', () => {
  test('starts with the sequence number it is given', () => {
    expect(new LocalNode(privateKey).record.seq).toBe(1n)
    expect(new LocalNode(bytesToHex(privateKey), { seq: 1_700_000_000_000n }).record.seq).toBe(1_700_000_000_000n)
  })

  test('signs once for all changes since it was last asked', () => {
    const local = new LocalNode(privateKey, { entries: { ip } })
    const first = local.record
    expect(local.record).toBe(first)
    local.set('tcp', 30303)
    local.set('udp', 30303)
    local.delete('udp')
    expect(local.record.seq).toBe(2n)
    expect([local.record.ip, local.record.tcp, local.record.udp]).toEqual(['127.0.0.1', 30303, undefined])
    expect(local.node.endpoint).toEqual({ host: '127.0.0.1', tcpPort: 30303 })
    expect(ENR.decode(local.record.encode()).id).toBe(local.id)
    expect(local.publicKey).toEqual(publicKeyOf(privateKey))
  })

  test('does not sign for what changes nothing', () => {
    const local = new LocalNode(privateKey, { entries: { ip, tcp: 1 } })
    const first = local.record
    local.set('ip', ip.slice())
    local.set('tcp', 1n)
    local.delete('udp')
    expect(local.record).toBe(first)
  })

  test('stays as it was when a change is refused', () => {
    const local = new LocalNode(privateKey, { entries: { tcp: 1 } })
    const first = local.record
    expect(() => local.set('tcp', 70000)).toThrow('port')
    expect(() => local.set('x', new Uint8Array(300))).toThrow('300 bytes')
    expect(() => local.set('id', 'v5')).toThrow('set by signing')
    expect(local.record).toBe(first)
  })

  test('refuses bad entries and keys at once', () => {
    expect(() => new LocalNode(privateKey, { entries: { udp: -1 } })).toThrow('-1')
    expect(() => new LocalNode(new Uint8Array(32))).toThrow('private key')
    expect(() => new LocalNode(privateKey, { seq: -1n })).toThrow('64 bits')
  })

  test('does not change with the arrays it was given', () => {
    const value = ip.slice()
    const local = new LocalNode(privateKey, { entries: { ip: value } })
    value.fill(9)
    expect(local.record.ip).toBe('127.0.0.1')
    expect(local.get('ip')).toEqual(ip)
  })
})

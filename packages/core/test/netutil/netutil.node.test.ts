import { describe, expect, test } from 'vitest'
import { InboundThrottle, isLAN, parseNetlist, plainIp, TokenBuckets } from '../../src/netutil/netutil.node.js'
import { SimClock } from '../../src/testing/index.js'

describe('a list of networks', () => {
  test('contains what is in one of them, IPv4-mapped addresses and zones included', () => {
    const list = parseNetlist(' 10.0.0.0/8, 192.168.7.0/24,fd00::/8,')
    for (const ip of ['10.0.0.0', '10.255.255.255', '192.168.7.9', '::ffff:10.1.2.3', 'fd12::1', 'fd12::1%eth0']) {
      expect(list.contains(ip), ip).toBe(true)
    }
    for (const ip of ['11.0.0.1', '192.168.8.9', '::ffff:11.1.2.3', 'fe80::1', '::1', 'example.org', '']) {
      expect(list.contains(ip), ip).toBe(false)
    }
    expect(String(list)).toBe('10.0.0.0/8, 192.168.7.0/24, fd00::/8')
  })

  test('takes whole address families and single addresses', () => {
    expect(parseNetlist('0.0.0.0/0').contains('8.8.8.8')).toBe(true)
    expect(parseNetlist('0.0.0.0/0').contains('2001:db8::1')).toBe(false)
    expect(parseNetlist('::1/128').contains('::1')).toBe(true)
    expect(parseNetlist('::1/128').contains('::2')).toBe(false)
  })

  test.each(['', ' , ', '10.0.0.0', '10.0.0.0/33', '10.0.0/8', 'fd00::/129', 'lan/8', '10.0.0.0/-1', '10.0.0.0/8/8'])(
    'refuses %j in one line that quotes it',
    (text) => {
      expect(() => parseNetlist(text)).toThrow(
        expect.objectContaining({
          code: 'ERR_INVALID_OPTION',
          message: expect.stringMatching(/^".*" is not a network; expected .*10\.0\.0\.0\/8$/),
        }),
      )
    },
  )
})

test('the local network is loopback, private and link-local', () => {
  for (const ip of [
    ...['127.0.0.1', '127.9.9.9', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.1.1'],
    ...['::1', 'fe80::1%lo', 'fd00::1', 'fc00::1', '::ffff:127.0.0.1', '::ffff:192.168.0.1'],
  ]) {
    expect(isLAN(ip), ip).toBe(true)
  }
  for (const ip of [
    '8.8.8.8',
    '172.32.0.1',
    '172.15.0.1',
    '192.169.0.1',
    '2001:db8::1',
    '::ffff:8.8.8.8',
    'host',
    '',
  ]) {
    expect(isLAN(ip), ip).toBe(false)
  }
})

test('an address is shown without its mapping and zone', () => {
  expect(plainIp('::ffff:1.2.3.4')).toBe('1.2.3.4')
  expect(plainIp('FE80:0::1%eth0')).toBe('fe80::1')
  expect(plainIp('example.org')).toBe('example.org')
})

describe('the inbound throttle', () => {
  test('lets one connection in 30 seconds through from an outside address', async () => {
    const clock = new SimClock()
    const throttle = new InboundThrottle({ clock })
    expect(throttle.admit('8.8.8.8')).toBe(true)
    expect(throttle.admit('8.8.8.8')).toBe(false)
    expect(throttle.admit('::ffff:8.8.8.8')).toBe(false)
    expect(throttle.admit('8.8.4.4')).toBe(true)
    await clock.advance(29_999)
    expect(throttle.admit('8.8.8.8')).toBe(false)
    await clock.advance(1)
    expect(throttle.admit('8.8.8.8')).toBe(true)
    expect(throttle.size).toBe(1)
  })

  test('lets the local network through always and does not remember it', () => {
    const throttle = new InboundThrottle({ clock: new SimClock() })
    for (let i = 0; i < 10; i++) expect(throttle.admit('127.0.0.1') && throttle.admit('192.168.0.3')).toBe(true)
    expect(throttle.size).toBe(0)
  })

  test('forgets the oldest when too many addresses come', () => {
    const throttle = new InboundThrottle({ clock: new SimClock(), maxAddresses: 3 })
    for (const ip of ['1.0.0.1', '1.0.0.2', '1.0.0.3', '1.0.0.4']) expect(throttle.admit(ip)).toBe(true)
    expect(throttle.size).toBe(3)
    expect(throttle.admit('1.0.0.4')).toBe(false)
    expect(throttle.admit('1.0.0.1')).toBe(true)
  })
})

describe('token buckets', () => {
  test('allow a burst, then so many a second, each address for itself', async () => {
    const clock = new SimClock()
    const buckets = new TokenBuckets({ clock, capacity: 3, refillPerSecond: 0.5 })
    expect([1, 2, 3, 4].map(() => buckets.take('1.1.1.1'))).toEqual([true, true, true, false])
    expect(buckets.take('2.2.2.2')).toBe(true)
    await clock.advance(1999)
    expect(buckets.take('1.1.1.1')).toBe(false)
    await clock.advance(1)
    expect([buckets.take('1.1.1.1'), buckets.take('1.1.1.1')]).toEqual([true, false])
    await clock.advance(1_000_000)
    expect([1, 2, 3, 4].map(() => buckets.take('1.1.1.1'))).toEqual([true, true, true, false])
  })

  test('count an IPv6 network of one subscriber as one address', () => {
    const buckets = new TokenBuckets({ clock: new SimClock(), capacity: 1, refillPerSecond: 1 })
    expect(buckets.take('2001:db8:0:1::1')).toBe(true)
    expect(buckets.take('2001:db8:0:1:ffff::2')).toBe(false)
    expect(buckets.take('2001:db8:0:2::1')).toBe(true)
  })

  test('forget the address longest unseen when too many come', () => {
    const buckets = new TokenBuckets({ clock: new SimClock(), capacity: 1, refillPerSecond: 0, maxAddresses: 2 })
    for (const ip of ['1.0.0.1', '1.0.0.2', '1.0.0.1', '1.0.0.3']) buckets.take(ip)
    expect(buckets.size).toBe(2)
    expect([buckets.take('1.0.0.1'), buckets.take('1.0.0.3')]).toEqual([false, false])
  })

  test('refuse options out of range', () => {
    expect(() => new TokenBuckets({ clock: new SimClock(), capacity: 0, refillPerSecond: 1 })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
    )
  })
})

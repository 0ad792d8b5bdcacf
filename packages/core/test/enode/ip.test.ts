import { describe, expect, test } from 'vitest'
import { hostPort, isLoopback } from '../../src/enode/ip.js'

describe('a host is this machine’s loopback', () => {
  test.each([
    ...['127.0.0.1', '127.9.9.9', '::1', '[::1]', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', '[::ffff:7f00:1]'],
    ...['localhost', 'LocalHost', 'app.localhost'],
  ])('%s', (host) => {
    expect(isLoopback(host)).toBe(true)
  })

  test.each([
    ...['0.0.0.0', '::', '[::]', '128.0.0.1', '10.0.0.1', '192.168.0.1', 'fe80::1', '::ffff:10.0.0.1', '127.0.0.1.2'],
    ...['', 'example.org', 'localhost.example.org', 'notlocalhost', '127.0.0.1.nip.io', '[127.0.0.1', '127.999.0.1'],
  ])('not %s', (host) => {
    expect(isLoopback(host)).toBe(false)
  })
})

test('an address with a port is written as in a URL', () => {
  expect(hostPort('127.0.0.1', 80)).toBe('127.0.0.1:80')
  expect(hostPort('::1', 8547)).toBe('[::1]:8547')
  expect(hostPort('example.org', 1)).toBe('example.org:1')
})

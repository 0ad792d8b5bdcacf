import { type Endpoint, Enode, generatePrivateKey, type Peer, publicKeyOf } from '@ethspan/core'
import { expect, test } from 'vitest'
import { sharedAddress } from '../src/shared-address.js'

const publicKey = publicKeyOf(generatePrivateKey())

const shares = (web: { host: string; externalUrl?: URL }, endpoint: Endpoint): boolean => {
  const peer = { enode: new Enode(publicKey, endpoint) } as Peer
  return sharedAddress({ web: { ...web, port: 0, page: true, trustProxy: false } })(peer) !== undefined
}

const local = { host: '127.0.0.1' }
const lan = { host: '0.0.0.0' }
const external = { host: '127.0.0.1', externalUrl: new URL('https://example.org/') }

test.each([
  ['loopback', { host: '127.0.0.1', tcpPort: 1 }, [true, false, false]],
  ['a WebSocket on loopback', { ws: 'ws://localhost:8547/p2p' }, [true, false, false]],
  ['IPv6 loopback', { ws: 'ws://[::1]:8547/p2p' }, [true, false, false]],
  ['the local network', { host: '192.168.1.2', tcpPort: 1 }, [true, true, false]],
  ['the internet', { host: '8.8.8.8', tcpPort: 1 }, [true, true, true]],
  ['a name', { ws: 'wss://example.net/p2p' }, [true, true, true]],
  ['nowhere', {}, [false, false, false]],
])('an address on %s is told by a local, a LAN and a public gateway: %j', (_, endpoint, expected) => {
  expect([local, lan, external].map((web) => shares(web, endpoint))).toEqual(expected)
})

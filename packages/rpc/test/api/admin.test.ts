import { generatePrivateKey, LocalNode, type Server } from '@ethspan/core'
import { inProcess, MessageFeed, nodeApis, type PeerEvent } from '@ethspan/rpc'
import { describe, expect, onTestFinished, test } from 'vitest'
import { nextEvent, quiet, twoServers } from '../support.js'

const clientOf = (server: Server | undefined, options: Parameters<typeof nodeApis>[1] = {}) => {
  const client = inProcess(nodeApis({ server, dataDir: '/somewhere' }, options))
  onTestFinished(() => client.close())
  return client
}

const enode = (server: Server) => server.self.toString()

describe('admin', () => {
  test('shows the node and its peers in geth’s shape', async () => {
    const [a, b] = await twoServers()
    const client = clientOf(a)
    const added = nextEvent(a, 'peeradd')
    expect(await client.request('admin_addPeer', [enode(b)])).toBe(true)
    await added
    expect(await client.request('admin_nodeInfo')).toMatchObject({
      id: a.self.id,
      name: 'ethspan-test/v1.2.3',
      enode: enode(a),
      enr: expect.stringMatching(/^enr:/),
      ip: '10.0.0.1',
      ports: { discovery: 0, listener: 30303 },
      listenAddr: '10.0.0.1:30303',
      protocols: { quiet: { version: 1 } },
    })
    expect(await client.request('admin_peers')).toMatchObject([
      {
        enode: enode(b),
        id: b.self.id,
        name: 'ethspan-test/v1.2.3',
        caps: ['quiet/1'],
        network: {
          localAddress: expect.any(String),
          remoteAddress: '10.0.0.2:30303',
          inbound: false,
          trusted: false,
          static: true,
        },
        protocols: { quiet: { version: 1 } },
      },
    ])
    expect(await client.request('net_peerCount')).toBe('0x1')
    expect(await client.request('admin_datadir')).toBe('/somewhere')
  })

  test('removes a peer and gives and takes trust', async () => {
    const [a, b] = await twoServers()
    const client = clientOf(a)
    const added = nextEvent(a, 'peeradd')
    expect(await client.request('admin_addTrustedPeer', [enode(b)])).toBe(true)
    await client.request('admin_addPeer', [enode(b)])
    await added
    expect(await client.request('admin_peers')).toMatchObject([{ network: { trusted: true } }])
    expect(await client.request('admin_removeTrustedPeer', [enode(b)])).toBe(true)
    expect(await client.request('admin_peers')).toMatchObject([{ network: { trusted: false } }])
    expect(await client.request('admin_removePeer', [enode(b)])).toBe(true)
    expect(await client.request('admin_peers')).toEqual([])
  })

  test.each([
    ['admin_addPeer', [], -32602, 'missing value for required argument 0'],
    ['admin_addPeer', [null], -32602, 'missing value for required argument 0'],
    ['admin_addPeer', [1], -32602, 'invalid argument 0: expected a string'],
    ['admin_addPeer', ['a', 'b'], -32602, 'too many arguments, want at most 1'],
    ['admin_peers', [1], -32602, 'too many arguments, want at most 0'],
    ['admin_addPeer', ['enode://'], -32000, /^invalid enode: /],
    ['admin_removePeer', ['x'], -32000, /^invalid enode: /],
    ['admin_startHTTP', [], -32601, 'the method admin_startHTTP does not exist/is not available'],
  ])('%s(%j) fails with %i', async (method, params, code, message) => {
    const [a] = await twoServers()
    const said = typeof message === 'string' ? message : expect.stringMatching(message)
    await expect(clientOf(a).request(method, params)).rejects.toMatchObject({ code, message: said })
  })

  test('says that a node is not started', async () => {
    const client = clientOf(undefined)
    for (const method of ['admin_nodeInfo', 'admin_peers', 'net_peerCount', 'web3_clientVersion']) {
      await expect(client.request(method)).rejects.toMatchObject({ code: -32000, message: 'node not started' })
    }
  })

  test('tells of peers that come and go', async () => {
    const [a, b] = await twoServers()
    const client = clientOf(a)
    const events: PeerEvent[] = []
    await client.subscribe<PeerEvent>('admin', ['peerEvents'], (event) => events.push(event))
    const added = nextEvent(a, 'peeradd')
    a.addPeer(b.self)
    await added
    await a.removePeer(b.self)
    await client.request('net_version')
    const who = { peer: b.self.id, local: expect.any(String), remote: '10.0.0.2:30303' }
    expect(events).toEqual([
      { type: 'add', ...who },
      { type: 'drop', error: expect.stringContaining('disconnect requested'), ...who },
    ])
  })

  test('tells of messages where they are fed', async () => {
    const messages = new MessageFeed()
    const greeting = messages.wrap({
      ...quiet,
      async run(peer, rw) {
        await rw.send(1, 'hello')
        await rw.read()
        await quiet.run(peer, rw)
      },
    })
    const [a, b] = await twoServers(greeting)
    const client = clientOf(a, { messages })
    const events: PeerEvent[] = []
    const both = new Promise<void>((resolve) => {
      const listen = (event: PeerEvent) => {
        events.push(event)
        if (events.filter(({ type }) => type.startsWith('msg')).length === 4) resolve()
      }
      client.subscribe<PeerEvent>('admin', ['peerEvents'], listen).then(() => a.addPeer(b.self))
    })
    await both
    // Both servers share the feed, so each message is seen leaving one and reaching the other.
    const seen = events
      .filter(({ peer }) => peer === b.self.id)
      .map(({ type, protocol, msg_code, msg_size }) => {
        return { type, protocol, msg_code, msg_size }
      })
    expect(seen).toContainEqual({ type: 'msgsend', protocol: 'quiet', msg_code: 1, msg_size: 6 })
    expect(seen).toContainEqual({ type: 'msgrecv', protocol: 'quiet', msg_code: 1, msg_size: 6 })
  })

  test('a subscription that ended leaves nothing at the server', async () => {
    const [a, b] = await twoServers()
    const client = clientOf(a)
    const events: unknown[] = []
    const { unsubscribe } = await client.subscribe('admin', ['peerEvents'], (event) => events.push(event))
    await unsubscribe()
    const added = nextEvent(a, 'peeradd')
    a.addPeer(b.self)
    await added
    await client.request('net_version')
    expect(events).toEqual([])
  })

  test('reads node records, too', async () => {
    const [a] = await twoServers()
    const record = new LocalNode(generatePrivateKey(), { entries: {} }).record.toString()
    expect(await clientOf(a).request('admin_addTrustedPeer', [record])).toBe(true)
  })
})

describe('net and web3', () => {
  test('answer as geth does', async () => {
    const [a] = await twoServers()
    const client = clientOf(a, { networkId: () => 3503995874084926n })
    expect(await client.request('net_version')).toBe('3503995874084926')
    expect(await clientOf(a).request('net_version')).toBe('0')
    expect(await client.request('net_listening')).toBe(true)
    expect(await client.request('net_peerCount')).toBe('0x0')
    expect(await client.request('web3_clientVersion')).toBe('ethspan-test/v1.2.3')
  })

  test('web3_sha3 is keccak-256 of bytes in hex', async () => {
    const [a] = await twoServers()
    const client = clientOf(a)
    // The example of the execution API's documentation, and the hash of nothing.
    expect(await client.request('web3_sha3', ['0x68656c6c6f20776f726c64'])).toBe(
      '0x47173285a8d7341e5e972fc677286384f802f8ef42a5ec5f03bbfa254cb01fad',
    )
    expect(await client.request('web3_sha3', ['0x'])).toMatch(/^0xc5d2460186f7233c927e7db2dcc703c0/)
    for (const [param, why] of [
      ['68', 'hex string without 0x prefix'],
      ['0x6', 'hex string of odd length'],
      ['0xzz', 'invalid hex string'],
    ]) {
      const message = `invalid argument 0: ${why}`
      await expect(client.request('web3_sha3', [param])).rejects.toMatchObject({ code: -32602, message })
    }
  })
})

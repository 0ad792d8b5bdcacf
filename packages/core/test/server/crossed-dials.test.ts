import { describe, expect, test } from 'vitest'
import type { MemoryLink } from '../../src/testing/index.js'
import { RawPeer } from '../support/raw-peer.js'
import { NOTHING_LEFT, World } from '../support/world.js'

describe('two nodes that dial each other at once', () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    test(`end with one peer, case ${seed}`, async () => {
      const world = new World()
      for (let i = 0; i < seed; i++) world.randomBytes()
      const a = await world.server()
      const b = await world.server()
      a.addPeer(b.self)
      b.addPeer(a.self)
      await world.clock.advance(5_000)
      expect([a.peerCount, b.peerCount]).toEqual([1, 1])
      expect(a.peers[0].inbound).toBe(!b.peers[0].inbound)
      expect(world.network.links).toHaveLength(1)
      await world.clock.advance(120_000)
      expect([a.peerCount, b.peerCount]).toEqual([1, 1])
      expect(await world.end()).toEqual(NOTHING_LEFT)
    })
  }
})

describe('a node that connects once more with the same key', () => {
  test('is refused while its first connection answers', async () => {
    const world = new World()
    const server = await world.server()
    const first = await RawPeer.dial(world, server, new Uint8Array(32).fill(9))
    first.hello()
    await world.settle()
    const second = await RawPeer.dial(world, server, new Uint8Array(32).fill(9))
    second.hello()
    await world.settle()
    first.pong()
    await world.settle()
    expect(server.events).toContain('hello: already connected (local)')
    expect(server.peerCount).toBe(1)
    expect(second.received).toEqual(['hello node-1', 'disconnect: already connected'])
    await world.end()
  })

  test('takes the place of a connection that is half open, within the probe', async () => {
    const world = new World()
    const server = await world.server()
    const key = new Uint8Array(32).fill(9)
    const first = await RawPeer.dial(world, server, key)
    first.hello()
    await world.settle()
    const old = server.peers[0]
    ;(world.network.links[0] as MemoryLink).cut()
    const second = await RawPeer.dial(world, server, key)
    second.hello()
    await world.clock.advance(999)
    expect(server.peers[0]).toBe(old)
    await world.clock.advance(1)
    expect(server.peerCount).toBe(1)
    expect(server.peers[0]).not.toBe(old)
    expect(second.received).toEqual(['hello node-1'])
    expect(server.events).toEqual(['add raw', 'drop raw: already connected (local)', 'add raw'])
    await world.end()
  })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytesToHex, type MsgReadWriter, type Protocol } from '../../src/index.js'
import { deferred } from '../../src/platform/wait.js'
import { seededRandomBytes } from '../../src/testing/index.js'
import { NOTHING_LEFT, World } from '../support/world.js'

interface Sent {
  readonly protocol: number
  readonly code: number
  readonly payload: Uint8Array
}

const LENGTHS = [3, 300]
const sent: fc.Arbitrary<Sent> = fc.nat(1).chain((protocol) =>
  fc.record({
    protocol: fc.constant(protocol),
    code: fc.nat((LENGTHS[protocol] ?? 1) - 1),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.nat(9000).map((size) => new Uint8Array(size).fill(size)),
    ),
  }),
)
const inWords = ({ code, payload }: Pick<Sent, 'code' | 'payload'>) => `${code} ${bytesToHex(payload)}`

/** Cuts what passes at random places, and holds some of it back to come together with what follows. */
function cutter(seed: number): (bytes: Uint8Array, from: 'dialer' | 'listener') => Uint8Array[] {
  const random = seededRandomBytes(seed)
  return (bytes) => {
    const parts: Uint8Array[] = []
    for (let at = 0; at < bytes.length; ) {
      const [kind = 0, size = 0] = random(2)
      const length = kind < 100 ? 1 + (size % 4) : kind < 200 ? 1 + size : bytes.length
      parts.push(bytes.slice(at, at + length))
      at += length
    }
    return parts
  }
}

/** Two protocols that send what they are told and keep what they get. */
function talker(): { protocols: Protocol[]; rws: Promise<MsgReadWriter[]>; got: string[][] } {
  const got: string[][] = [[], []]
  const ready = LENGTHS.map(() => deferred<MsgReadWriter>())
  const protocols = LENGTHS.map((length, i) => ({
    name: `p${i}`,
    version: 1,
    length,
    async run(_peer: unknown, rw: MsgReadWriter) {
      ready[i]?.resolve(rw)
      for await (const msg of rw) got[i]?.push(inWords(msg))
    },
  }))
  return { protocols, got, rws: Promise.all(ready.map(({ promise }) => promise)) }
}

test('two servers understand each other however their bytes are cut, the handshakes included', async () => {
  const messages = fc.array(sent, { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(fc.integer(), messages, messages, async (seed, there, back) => {
      const world = new World({ chunk: cutter(seed) })
      const a = talker()
      const b = talker()
      const dialer = await world.server({ protocols: a.protocols, listens: false })
      const listener = await world.server({ protocols: b.protocols })
      dialer.addPeer(listener.self)
      for (let i = 0; i < 20 && dialer.peerCount + listener.peerCount < 2; i++) await world.settle()
      const [ours, theirs] = [await a.rws, await b.rws]
      const all = Promise.all([
        ...there.map(({ protocol, code, payload }) => ours[protocol]?.write(code, payload)),
        ...back.map(({ protocol, code, payload }) => theirs[protocol]?.write(code, payload)),
      ])
      for (let i = 0; i < 60; i++) await world.settle()
      await all
      for (const i of [0, 1]) {
        expect(b.got[i]).toEqual(there.filter(({ protocol }) => protocol === i).map(inWords))
        expect(a.got[i]).toEqual(back.filter(({ protocol }) => protocol === i).map(inWords))
      }
      expect([dialer.events, listener.events]).toEqual([['add node-2'], ['add node-1']])
      expect(await world.end()).toEqual(NOTHING_LEFT)
    }),
    { numRuns: 25 },
  )
})

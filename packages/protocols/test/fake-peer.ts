import { Enode, generatePrivateKey, type MsgReadWriter, type Peer, type Protocol, publicKeyOf } from '@ethspan/core'
import { messagePipe, SimClock, seededRandomBytes } from '@ethspan/core/testing'
import fc from 'fast-check'

const randomBytes = seededRandomBytes(7)

/** A new key on every call, the same ones in every run. */
export const newKey = (): Uint8Array => generatePrivateKey(randomBytes)

/** What a protocol looks at in a peer. */
export function fakePeer(options: Partial<Peer> = {}): Peer & { readonly end: () => void } {
  const enode = options.enode ?? new Enode(publicKeyOf(newKey()))
  const ended = new AbortController()
  const peer = {
    id: enode.id,
    enode,
    name: 'test/v1',
    caps: [{ name: 'peers', version: 1 }],
    inbound: true,
    transport: 'memory',
    connectedSince: new SimClock().wallTime(),
    signal: ended.signal,
    end: () => ended.abort(),
    ...options,
  }
  // Only the tests' own protocols see it, and they touch nothing else.
  return peer as unknown as Peer & { readonly end: () => void }
}

/** A protocol that runs on one peer, and the other end of its messages. */
export interface Session {
  readonly peer: ReturnType<typeof fakePeer>
  readonly far: MsgReadWriter
  /** How the protocol's `run` ended: undefined while it runs, null in good order. */
  ended(): Error | null | undefined
  /** The peer is gone. */
  close(): void
}

/** Runs `protocol` against a test that plays the peer. */
export function runProtocol(protocol: Protocol, clock: SimClock, peer = fakePeer()): Session {
  const [near, far] = messagePipe(clock)
  let outcome: Error | null | undefined
  protocol.run(peer, near).then(
    () => {
      outcome = null
    },
    (error) => {
      outcome = error
    },
  )
  return {
    peer,
    far,
    ended: () => outcome,
    close: () => {
      peer.end()
      near.close()
    },
  }
}

/** Lets two protocols speak with each other. */
export function connect(
  a: { protocol: Protocol; peer: ReturnType<typeof fakePeer> },
  b: { protocol: Protocol; peer: ReturnType<typeof fakePeer> },
  clock: SimClock,
) {
  const [near, far] = messagePipe(clock)
  const runs = Promise.allSettled([a.protocol.run(b.peer, near), b.protocol.run(a.peer, far)])
  return {
    close: async () => {
      a.peer.end()
      b.peer.end()
      near.close()
      await runs
    },
  }
}

/** Text of any code points, halves of surrogate pairs included; fast-check's own take seconds to make. */
export const anyText = (maxLength = 40): fc.Arbitrary<string> => {
  const codePoint = fc.oneof(fc.nat(0x7f), fc.nat(0x2fff), fc.nat(0x10ffff))
  return fc.array(codePoint, { maxLength }).map((points) => String.fromCodePoint(...points))
}

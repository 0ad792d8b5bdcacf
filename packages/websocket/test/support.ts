import { type Channel, type ChannelHandler, Enode, type Protocol, silentLogger, systemClock } from '@ethspan/core'

/** The generator of secp256k1: a public key for tests that never get as far as RLPx. */
export const PUBLIC_KEY =
  '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8'

export const nodeAt = (ws: string): Enode => Enode.parse(`enode+${ws.replace('://', `://${PUBLIC_KEY}@`)}`)

export const context = { clock: systemClock, log: silentLogger }

export interface Watched {
  readonly received: Uint8Array[]
  /** Until the channel is gone; its error. */
  readonly closed: Promise<Error | undefined>
  /** Until `length` bytes are here, joined. */
  receive(length: number): Promise<Uint8Array>
}

/** Opens a channel and notes what it tells. */
export const watch = (channel: Channel, also: Partial<ChannelHandler> = {}): Watched => {
  const received: Uint8Array[] = []
  let length = 0
  let check = () => {}
  let close: (error: Error | undefined) => void
  const closed = new Promise<Error | undefined>((resolve) => {
    close = resolve
  })
  channel.open({
    data(chunk) {
      received.push(chunk)
      length += chunk.length
      also.data?.(chunk)
      check()
    },
    drained: () => also.drained?.(),
    closed(error) {
      also.closed?.(error)
      close(error)
    },
  })
  const joined = () => {
    const all = new Uint8Array(length)
    let at = 0
    for (const chunk of received) {
      all.set(chunk, at)
      at += chunk.length
    }
    return all
  }
  const receive = (wanted: number) =>
    new Promise<Uint8Array>((resolve) => {
      check = () => {
        if (length >= wanted) resolve(joined())
      }
      check()
    })
  return { received, closed, receive }
}

/** Sends every message back with the next code. */
export const echoProtocol: Protocol = {
  name: 'echo',
  version: 1,
  length: 2,
  async run(_peer, rw) {
    for await (const { payload } of rw) await rw.write(1, payload)
  },
}

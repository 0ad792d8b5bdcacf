import type { Peer } from '@ethspan/core'

/** A part of a protocol's run on one peer; ends when the signal fires. */
export type Part = (signal: AbortSignal) => Promise<void>

/** Runs the reader and the writer of one peer until either of them ends, or fails, or the peer is gone. */
export async function sideBySide(peer: Peer, read: Part, write: Part): Promise<void> {
  const ended = new AbortController()
  const signal = AbortSignal.any([peer.signal, ended.signal])
  try {
    await Promise.race([read(signal), write(signal)])
  } finally {
    ended.abort()
  }
}

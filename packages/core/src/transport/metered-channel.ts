import type { Channel, ChannelHandler } from './transport.js'

/** Counts bytes. Called for each chunk: it adds and returns, and never throws. */
export interface ByteMeter {
  bytesIn(bytes: number): void
  bytesOut(bytes: number): void
}

/** A channel whose bytes are counted, those of the handshakes and of frames included: geth's `meteredConn`. */
export class MeteredChannel implements Channel {
  readonly #channel: Channel
  readonly #meter: ByteMeter

  constructor(channel: Channel, meter: ByteMeter) {
    this.#channel = channel
    this.#meter = meter
  }

  get transport(): string {
    return this.#channel.transport
  }
  get inbound(): boolean {
    return this.#channel.inbound
  }
  get remoteAddress(): string {
    return this.#channel.remoteAddress
  }
  get localAddress(): string {
    return this.#channel.localAddress
  }
  get canPause(): boolean {
    return this.#channel.canPause
  }

  open(handler: ChannelHandler): void {
    const meter = this.#meter
    this.#channel.open({
      data(chunk) {
        meter.bytesIn(chunk.length)
        handler.data(chunk)
      },
      drained: () => handler.drained(),
      closed: (error) => handler.closed(error),
    })
  }

  write(chunks: readonly Uint8Array[]): boolean {
    let bytes = 0
    for (const chunk of chunks) bytes += chunk.length
    this.#meter.bytesOut(bytes)
    return this.#channel.write(chunks)
  }

  pause(): void {
    this.#channel.pause()
  }
  resume(): void {
    this.#channel.resume()
  }
  end(): void {
    this.#channel.end()
  }
  destroy(error?: Error): void {
    this.#channel.destroy(error)
  }
}

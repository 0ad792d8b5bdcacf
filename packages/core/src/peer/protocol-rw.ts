import { EthspanError } from '../errors.js'
import { encodeRlp, type RlpInput } from '../rlp/rlp.js'
import type { RlpxConnection } from '../rlpx/connection.js'
import { capString } from './cap.js'
import { Inbox } from './inbox.js'
import type { MatchedProtocol } from './match-protocols.js'
import type { Msg, MsgReadWriter, Protocol, WaitOptions } from './protocol.js'
import { TrafficMeter } from './traffic.js'

/** One protocol on one peer: its codes moved to where both sides agreed, its queue, its counters. */
export class ProtocolRW implements MsgReadWriter {
  readonly protocol: Protocol
  readonly offset: number
  readonly traffic = new TrafficMeter()
  readonly inbox: Inbox
  readonly #connection: RlpxConnection

  constructor({ protocol, offset }: MatchedProtocol, connection: RlpxConnection, budget: number, onRoom: () => void) {
    this.protocol = protocol
    this.offset = offset
    this.inbox = new Inbox(budget, onRoom)
    this.#connection = connection
  }

  /** Whether a code of the wire is this protocol's. */
  owns(wireCode: number): boolean {
    return wireCode >= this.offset && wireCode < this.offset + this.protocol.length
  }

  read(options?: WaitOptions): Promise<Msg> {
    return this.inbox.read(options)
  }

  [Symbol.asyncIterator](): AsyncIterator<Msg, undefined> {
    return this.inbox[Symbol.asyncIterator]()
  }

  write(code: number, payload: Uint8Array, options?: WaitOptions): Promise<void> {
    const { length } = this.protocol
    if (Number.isInteger(code) && code >= 0 && code < length) {
      return this.#connection.write(this.offset + code, payload, options?.signal)
    }
    const name = capString(this.protocol)
    const error = new EthspanError(
      'ERR_PROTOCOL',
      `message code ${code} is outside ${name}, which has ${length} codes`,
      {
        fields: { code, length },
        hint: `Raise the protocol's length, or send a code from 0 to ${length - 1}.`,
      },
    )
    return Promise.reject(error)
  }

  // Not async: a promise of its own would be one that has to be handled.
  send(code: number, value: RlpInput, options?: WaitOptions): Promise<void> {
    let payload: Uint8Array
    try {
      payload = encodeRlp(value)
    } catch (error) {
      return Promise.reject(error)
    }
    return this.write(code, payload, options)
  }
}

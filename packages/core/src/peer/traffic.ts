/** Messages, and bytes of their payloads as they went over the wire, both ways. */
export interface Traffic {
  readonly messagesIn: number
  readonly messagesOut: number
  readonly bytesIn: number
  readonly bytesOut: number
}

/** Counts {@link Traffic}. */
export class TrafficMeter implements Traffic {
  messagesIn = 0
  messagesOut = 0
  bytesIn = 0
  bytesOut = 0

  received(bytes: number): void {
    this.messagesIn++
    this.bytesIn += bytes
  }

  sent(bytes: number): void {
    this.messagesOut++
    this.bytesOut += bytes
  }

  snapshot(): Traffic {
    const { messagesIn, messagesOut, bytesIn, bytesOut } = this
    return { messagesIn, messagesOut, bytesIn, bytesOut }
  }
}

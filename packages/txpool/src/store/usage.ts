import type { Entry } from '../entry.js'

/** How much of a pool is taken, in all or by somebody. */
export class Usage {
  slots = 0
  bytes = 0

  add({ slots, size }: Pick<Entry, 'slots' | 'size'>): void {
    this.slots += slots
    this.bytes += size
  }

  remove({ slots, size }: Pick<Entry, 'slots' | 'size'>): void {
    this.slots -= slots
    this.bytes -= size
  }

  get isEmpty(): boolean {
    return this.slots === 0
  }

  /** Whether it is more than a part of what there is, were `more` added to it. */
  exceeds(
    limit: { readonly slots: number; readonly bytes: number },
    part: number,
    more?: Pick<Entry, 'slots' | 'size'>,
  ): boolean {
    const slots = this.slots + (more?.slots ?? 0)
    return slots > limit.slots * part || this.bytes + (more?.size ?? 0) > limit.bytes * part
  }
}

import type { Entry } from '../entry.js'

/** Who is to run code once a transaction of the pool is mined (EIP-7702), and in how many transactions each is named. */
export class Authorities {
  readonly #counts = new Map<string, number>()

  has(account: string): boolean {
    return this.#counts.has(account)
  }

  add({ authorities }: Entry): void {
    for (const authority of authorities) this.#counts.set(authority, (this.#counts.get(authority) ?? 0) + 1)
  }

  remove({ authorities }: Entry): void {
    for (const authority of authorities) {
      const count = this.#counts.get(authority) ?? 0
      if (count > 1) this.#counts.set(authority, count - 1)
      else this.#counts.delete(authority)
    }
  }
}

import { createHash, timingSafeEqual } from 'node:crypto'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** The secrets that are good, none of them readable from here. */
export class Secrets {
  readonly #digests: readonly Buffer[]

  constructor(secrets: readonly string[]) {
    this.#digests = secrets.map(digest)
  }

  /** Whether it is one of them, in a time that does not depend on which, nor on how much of one is right. */
  has(secret: string): boolean {
    const asked = digest(secret)
    let isThere = false
    for (const one of this.#digests) isThere = timingSafeEqual(one, asked) || isThere
    return isThere
  }
}

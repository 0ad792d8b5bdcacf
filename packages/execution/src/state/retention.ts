import type { ChainReader } from '@ethspan/chain'
import { equalBytes, type Logger } from '@ethspan/core'
import { CARRY_NODES_PER_BLOCK } from '../limits.js'
import type { Base } from './generations.js'
import { reachable } from './reachable.js'
import type { StatePart, StateStore } from './state-store.js'

export interface RetentionOptions {
  readonly states: StateStore
  readonly chain: Pick<ChainReader, 'head' | 'earliest' | 'canonicalHash'>
  /** States of so many newest blocks are kept for certain, of up to twice as many at times. */
  readonly keep: number
  readonly log: Logger
}

/** Drops states that are older than those of the newest blocks: see `generations.ts`. */
export class Retention {
  readonly #options: RetentionOptions
  #walk: ReturnType<typeof reachable> | undefined

  constructor(options: RetentionOptions) {
    this.#options = options
  }

  /** One step, after the state of a block was kept. Not to be called while another has not ended. */
  async afterBlock(block: Base): Promise<void> {
    const { states, keep } = this.#options
    const { base, since } = states.generations
    if (this.#walk !== undefined) return this.#carry(this.#walk)
    if (base === undefined) {
      if (block.number >= since + BigInt(keep)) await this.#begin(block)
      return
    }
    if (block.number < base.number + BigInt(keep)) return
    const isCanonical = await this.#isCanonical(base)
    if (isCanonical === undefined) return
    // On a branch that was left: what was made of it since is not whole without the older generation, so neither is the newest.
    if (!isCanonical) return this.#begin(block)
    this.#walk = reachable(base.stateRoot, { load: (hash) => states.readNode(hash) })
    await this.#carry(this.#walk)
  }

  /** Undefined as long as the chain does not know. */
  async #isCanonical({ number, hash }: Base): Promise<boolean | undefined> {
    const { chain, states } = this.#options
    const head = chain.head()
    if (head.number < number) return undefined
    // The chain has dropped the block. Its head was made of it where its state was.
    if (number < chain.earliest()) return states.isNewest(head.header.stateRoot)
    const canonical = await chain.canonicalHash(number)
    return canonical !== undefined && equalBytes(canonical, hash)
  }

  async #begin(base: Base): Promise<void> {
    const { states, log } = this.#options
    const { newest, oldest } = states.generations
    await states.beginGeneration({ newest: newest + 1, oldest, since: base.number, base }, base.stateRoot)
    log.debug('states go to a new generation', { generation: newest + 1, number: base.number })
  }

  async #carry(walk: ReturnType<typeof reachable>): Promise<void> {
    try {
      if (await this.#carryOn(walk)) return
      this.#walk = undefined
      const { states, log } = this.#options
      const { newest, since } = states.generations
      await states.dropBefore({ newest, oldest: newest, since })
      log.debug('older states dropped', { before: since })
    } catch (error) {
      // Part of it may be missing now, so it begins anew.
      this.#walk = undefined
      throw error
    }
  }

  /** Copies a piece. False where that was the last. */
  async #carryOn(walk: ReturnType<typeof reachable>): Promise<boolean> {
    const parts: StatePart[] = []
    let isMore = true
    while (isMore && parts.length < CARRY_NODES_PER_BLOCK) {
      const next = await walk.next()
      if (next.done) isMore = false
      else parts.push(next.value)
    }
    await this.#options.states.carry(parts)
    return isMore
  }
}

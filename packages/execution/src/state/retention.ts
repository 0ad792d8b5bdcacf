import type { ChainReader, Hash } from '@ethspan/chain'
import { equalBytes, type Logger } from '@ethspan/core'
import { CARRY_NODES_PER_BLOCK } from '../limits.js'
import type { Base } from './generations.js'
import { reachable } from './reachable.js'
import type { StatePart, StateStore } from './state-store.js'

export interface RetentionOptions {
  readonly states: StateStore
  readonly chain: Pick<ChainReader, 'head' | 'canonicalHash'>
  /** States of so many newest blocks are kept for certain. */
  readonly keep: number
  readonly log: Logger
}

/** A block on which another is to be run. */
export interface Parent extends Base {
  readonly hash: Hash
}

/** Drops states that are older than those of the newest blocks: see `generations.ts`. */
export class Retention {
  readonly #options: RetentionOptions
  #walk: ReturnType<typeof reachable> | undefined

  constructor(options: RetentionOptions) {
    this.#options = options
  }

  /** One step, before a block is run on `parent`, whose state is there. Not to be called while another has not ended. */
  async beforeBlock(parent: Parent): Promise<void> {
    const { states, keep } = this.#options
    const { base, since } = states.generations
    if (this.#walk !== undefined) return this.#carry(this.#walk)
    // A generation that began beside the chain would be given up again, and blocks beside it can come at each height.
    if (parent.number < (base?.number ?? since) + BigInt(keep) || !(await this.#isCanonical(parent))) return
    if (base === undefined || (await this.#isLeft(parent))) return this.#begin(parent)
    this.#walk = reachable(base.stateRoot, { load: (hash) => states.readNode(hash) })
    await this.#carry(this.#walk)
  }

  async #isCanonical({ number, hash }: Parent): Promise<boolean> {
    const canonical = await this.#options.chain.canonicalHash(number)
    return canonical !== undefined && equalBytes(canonical, hash)
  }

  /** Whether the chain goes on from states that were not made of the base: the newest generation will not have them whole. */
  async #isLeft({ hash }: Parent): Promise<boolean> {
    const { states, chain } = this.#options
    return (await states.needsOlder(hash)) || (await states.needsOlder(chain.head().hash))
  }

  async #begin({ number, hash, stateRoot }: Parent): Promise<void> {
    const { states, log } = this.#options
    const { newest, oldest } = states.generations
    const base = { number, stateRoot }
    await states.beginGeneration({ newest: newest + 1, oldest, since: number, base }, hash)
    log.debug('states go to a new generation', { generation: newest + 1, number })
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

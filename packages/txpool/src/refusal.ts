import type { PoolRefusal } from '@ethspan/chain'

/** Why a transaction is not taken. */
export interface Refusal {
  readonly refused: PoolRefusal
  /** geth's text, where geth has one. */
  readonly message: string
}

export const refusal = (refused: PoolRefusal, message: string): Refusal => ({ refused, message })

export const isRefusal = (value: object): value is Refusal => 'refused' in value

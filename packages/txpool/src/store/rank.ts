// Who leaves a full pool first.
import { compareWorth, type Worth } from '../fees.js'

/** From what goes first to what stays. */
export const Standing = {
  /** Waits for a nonce. */
  Queued: 0,
  /** Can be mined next, but its account or its peer has more than its share. */
  OverShare: 1,
  Pending: 2,
  /** This node's own, as long as those keep to their share. */
  Local: 3,
} as const
export type Standing = (typeof Standing)[keyof typeof Standing]

export interface Rank {
  readonly standing: Standing
  readonly worth: Worth
}

/** Negative where `a` leaves before `b`. */
export const compareRank = (a: Rank, b: Rank): number => a.standing - b.standing || compareWorth(a.worth, b.worth)

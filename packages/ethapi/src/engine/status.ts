// What is said of a payload. Source: execution-apis, engine/paris.md, `PayloadStatusV1`.
import type { Hash } from '@ethspan/chain'
import { type Hex, hexOrNull } from '../format/hex.js'

export interface PayloadStatus {
  readonly status: 'VALID' | 'INVALID' | 'SYNCING' | 'ACCEPTED'
  readonly latestValidHash: Hex | null
  readonly validationError: string | null
}

const status = (
  of: PayloadStatus['status'],
  latestValid?: Hash,
  validationError: string | null = null,
): PayloadStatus => ({
  status: of,
  latestValidHash: hexOrNull(latestValid),
  validationError,
})

/** Executed, with the outcome that its header says. */
export const valid = (hash: Hash): PayloadStatus => status('VALID', hash)
/** @param latestValid undefined where nobody can say */
export const invalid = (latestValid?: Hash, why?: string): PayloadStatus => status('INVALID', latestValid, why)
/** What it takes to judge it is not here yet. */
export const SYNCING: PayloadStatus = status('SYNCING')
/** All but its execution was checked. */
export const ACCEPTED: PayloadStatus = status('ACCEPTED')

export const LINKS_TO_INVALID = 'links to previously rejected block'

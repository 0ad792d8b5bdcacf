// `engine_getPayloadBodies…`: bodies of blocks that the consensus client keeps without them. Source: execution-apis,
// engine/shanghai.md and amsterdam.md.
import type { Block, Chain, Hash } from '@ethspan/chain'
import { withdrawalJson } from '../format/header.js'
import { hex, hexOrNull, type Json, quantity } from '../format/hex.js'
import { MAX_PAYLOAD_BODIES } from '../limits.js'
import { invalidParameters, tooLargeRequest } from './errors.js'

/** The second adds the block's access list. */
export type BodyVersion = 1 | 2

/** Null for a block that is not here. @throws {RpcError} -38004 for too many */
export async function bodiesByHash(chain: Chain, hashes: readonly Hash[], version: BodyVersion) {
  checkCount(BigInt(hashes.length))
  const bodies: (Json | null)[] = []
  for (const hash of hashes) bodies.push(await bodyJson(chain, await chain.block(hash), version))
  return bodies
}

/** Up to the head. @throws {RpcError} -32602 for a number or a count of 0; -38004 for too many */
export async function bodiesByRange(
  chain: Chain,
  { start, count }: { readonly start: bigint; readonly count: bigint },
  version: BodyVersion,
) {
  if (start === 0n || count === 0n)
    throw invalidParameters(`invalid start or count, start: ${quantity(start)} count: ${quantity(count)}`)
  checkCount(count)
  const head = chain.head().number
  const last = start + count - 1n > head ? head : start + count - 1n
  const bodies: (Json | null)[] = []
  for (let number = start; number <= last; number++) {
    bodies.push(await bodyJson(chain, await chain.block(number), version))
  }
  return bodies
}

function checkCount(count: bigint): void {
  if (count > MAX_PAYLOAD_BODIES) throw tooLargeRequest(`requested count too large: ${quantity(count)}`)
}

async function bodyJson(chain: Chain, block: Block | undefined, version: BodyVersion): Promise<Json | null> {
  if (block === undefined) return null
  const { hash, body } = block
  return {
    transactions: body.transactions.map(({ bytes }) => hex(bytes)),
    withdrawals: body.withdrawals?.map(withdrawalJson) ?? null,
    ...(version === 1 ? {} : { blockAccessList: hexOrNull(await chain.accessList(hash)) }),
  }
}

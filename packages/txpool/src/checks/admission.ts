// Whether a transaction fits what the chain and the pool know of its sender, with geth's texts: `ValidateTransactionWithState`,
// and what its pools ask beside that.
import type { Entry } from '../entry.js'
import { outbids } from '../fees.js'
import type { PoolLimits } from '../limits.js'
import { type Refusal, refusal } from '../refusal.js'
import type { Account } from '../store/account.js'
import type { Contents } from '../store/contents.js'

/** @param account of the sender; it knows what the chain says */
export function admissionFault(
  entry: Entry,
  account: Account,
  contents: Contents,
  limits: PoolLimits,
): Refusal | undefined {
  const other = contents.account(entry.senderKey)
  if (other !== undefined && other !== account) return refusal('account-limit', 'address already reserved')
  return (
    nonceFault(entry, account) ??
    fundsFault(entry, account) ??
    delegationFault(entry, account, contents) ??
    authorityFault(entry, contents) ??
    replacementFault(entry, account, limits)
  )
}

function nonceFault({ nonce }: Entry, { facts }: Account): Refusal | undefined {
  if (facts === undefined || nonce >= facts.nonce) return undefined
  return refusal('nonce', `nonce too low: next nonce ${facts.nonce}, tx nonce ${nonce}`)
}

/** What is pending and this one must be paid for together, as each is mined after the other. */
function fundsFault({ nonce, cost }: Entry, account: Account): Refusal | undefined {
  const balance = account.facts?.balance
  if (balance === undefined) return undefined
  const poor = (detail: string) =>
    refusal('insufficient-funds', `insufficient funds for gas * price + value: balance ${balance}, ${detail}`)
  if (balance < cost) return poor(`tx cost ${cost}, overshot ${cost - balance}`)
  const spent = account.pendingCost
  const old = account.isPending(nonce) ? account.at(nonce) : undefined
  const need = spent + cost - (old?.cost ?? 0n)
  if (balance >= need) return undefined
  const more = old === undefined ? `tx cost ${cost}` : `tx bumped ${cost - old.cost}`
  return poor(`queued cost ${spent}, ${more}, overshot ${need - balance}`)
}

/**
 * Of an account that runs code, or is about to, one transaction at a time: anybody may empty it by calling that code, and so make
 * all the others worthless at no cost. Source: geth, `checkDelegationLimit`.
 */
function delegationFault({ nonce, senderKey }: Entry, account: Account, contents: Contents): Refusal | undefined {
  if (!account.facts?.hasCode && !contents.authorities.has(senderKey)) return undefined
  if (account.pendingCount === 0) {
    if (account.nextNonce === undefined || account.nextNonce === nonce) return undefined
    return refusal('account-limit', 'gapped-nonce tx from delegated accounts')
  }
  if (account.isPending(nonce)) return undefined
  return refusal('account-limit', 'in-flight transaction limit reached for delegated accounts')
}

/** The same the other way round. Source: geth, `validateAuth`. */
function authorityFault({ authorities }: Entry, { plain, blobs }: Contents): Refusal | undefined {
  for (const authority of authorities) {
    const count = plain.accounts.get(authority)?.size ?? 0
    if (count > 1 || blobs.accounts.has(authority)) return refusal('account-limit', 'authority already reserved')
  }
  return undefined
}

function replacementFault(entry: Entry, account: Account, limits: PoolLimits): Refusal | undefined {
  const old = account.at(entry.nonce)
  if (old === undefined) return undefined
  const bump = entry.blobFeeCap > 0n ? limits.blobPriceBump : limits.priceBump
  return outbids(entry, old, bump) ? undefined : refusal('underpriced', 'replacement transaction underpriced')
}

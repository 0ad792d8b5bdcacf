// The errors of the methods here, in geth's words and with geth's codes where geth has them.
import { RpcError, RpcErrorCode } from '@ethspan/rpc'

/** The method failed. */
export const failed = (message: string): RpcError => new RpcError(RpcErrorCode.Server, message)

/** More was asked for than one call may get. Source: EIP-1474. */
const LIMIT_EXCEEDED = -32005
export const limitExceeded = (message: string): RpcError => new RpcError(LIMIT_EXCEEDED, message)

/** Source: geth, `clientLimitExceededError`. */
const CLIENT_LIMIT_EXCEEDED = -38026
export const clientLimitExceeded = (message: string): RpcError => new RpcError(CLIENT_LIMIT_EXCEEDED, message)

/** Source: geth, `PrunedHistoryError`. */
const PRUNED_HISTORY = 4444
export const prunedHistory = (): RpcError => new RpcError(PRUNED_HISTORY, 'pruned history unavailable')

/** Source: geth, `revertError`. */
export const REVERTED = 3

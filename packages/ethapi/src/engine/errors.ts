// The errors of the Engine API. Source: execution-apis, engine/common.md; the words and the shape are geth's.
import { RpcError, RpcErrorCode } from '@ethspan/rpc'

const engineError = (code: number, message: string) => (err: string) => new RpcError(code, message, { data: { err } })

export const invalidParameters = engineError(RpcErrorCode.InvalidParams, 'Invalid parameters')
export const unknownPayload = () => new RpcError(-38001, 'Unknown payload')
export const invalidForkchoice = engineError(-38002, 'Invalid forkchoice state')
export const invalidAttributes = engineError(-38003, 'Invalid payload attributes')
export const tooLargeRequest = engineError(-38004, 'Too large request')
export const unsupportedFork = engineError(-38005, 'Unsupported fork')
export const tooDeepReorg = engineError(-38006, 'Too deep reorg')

// `eth_getLogs`.
import type { ApiMethod } from '@ethspan/node'
import { params } from '@ethspan/rpc'
import { type LogFilter, logFilter } from '../params/log-filter.js'
import { required } from '../params/reader.js'
import type { Backend } from './backend.js'
import { searchLogs } from './log-search.js'

export const logMethods = (backend: Backend): Readonly<Record<string, ApiMethod>> => ({
  getLogs: (sent, { signal }) => {
    const [filter] = params.readParams<[LogFilter]>(sent, required(logFilter))
    return searchLogs(backend, filter, signal)
  },
})

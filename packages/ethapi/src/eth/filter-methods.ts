// The methods of eth for filters that the node keeps.
import type { ApiMethod } from '@ethspan/node'
import { params } from '@ethspan/rpc'
import { type LogFilter, logFilter } from '../params/log-filter.js'
import { boolean, optional, required, text } from '../params/reader.js'
import type { Backend } from './backend.js'
import { FilterKinds } from './filter-kinds.js'
import { Filters } from './filters.js'
import { searchLogs } from './log-search.js'

const byId = required(text)

export function filterMethods(backend: Backend): Readonly<Record<string, ApiMethod>> {
  const filters = new Filters(backend.clock)
  const kinds = new FilterKinds(backend, () => filters.sweep())
  const { noParams, readParams } = params
  return {
    newFilter: (sent) => {
      const [filter] = readParams<[LogFilter]>(sent, required(logFilter))
      return filters.add(() => kinds.logs(filter), filter)
    },
    newBlockFilter: (sent) => {
      noParams(sent)
      return filters.add(() => kinds.blocks())
    },
    newPendingTransactionFilter: (sent) => {
      const [full = false] = readParams<[boolean | undefined]>(sent, optional(boolean))
      return filters.add(() => kinds.transactions(full))
    },
    getFilterChanges: (sent, { signal }) => {
      const [id] = readParams<[string]>(sent, byId)
      return filters.changes(id, signal)
    },
    getFilterLogs: (sent, { signal }) => {
      const [id] = readParams<[string]>(sent, byId)
      return searchLogs(backend, filters.logs(id), signal)
    },
    uninstallFilter: (sent) => {
      const [id] = readParams<[string]>(sent, byId)
      return filters.remove(id)
    },
  }
}

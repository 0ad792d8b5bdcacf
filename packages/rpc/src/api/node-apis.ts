import type { Api } from '@ethspan/node'
import { type AdminApiOptions, type AdminSource, adminApi } from './admin-api.js'
import { type NetApiOptions, netApi } from './net-api.js'
import { web3Api } from './web3-api.js'

/** What every node offers: `admin`, `net` and `web3`. Which of them a caller gets is the endpoint's matter. */
export function nodeApis(source: AdminSource, options: AdminApiOptions & NetApiOptions = {}): readonly Api[] {
  return [adminApi(source, options), netApi(source, options), web3Api(source)]
}

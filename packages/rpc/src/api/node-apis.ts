import type { Api, Service } from '@ethspan/node'
import { type AdminApiOptions, type AdminSource, adminApi } from './admin-api.js'
import { type NetApiOptions, netApi } from './net-api.js'
import { web3Api } from './web3-api.js'

export type NodeApiOptions = AdminApiOptions & NetApiOptions

/** What every node offers: `admin`, `net` and `web3`. Which of them a caller gets is the endpoint's matter. */
export function nodeApis(source: AdminSource, options: NodeApiOptions = {}): readonly Api[] {
  return [adminApi(source, options), netApi(source, options), web3Api(source)]
}

/** The same as a service to register: `node.register(adminService(node, { endpoints }))`. */
export function adminService(source: AdminSource, options: NodeApiOptions = {}): Service {
  return { name: 'admin', apis: nodeApis(source, options) }
}

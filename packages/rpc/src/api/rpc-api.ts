import type { Api } from '@ethspan/node'
import { noParams } from './params.js'

/** The version geth gives to every namespace. */
const NAMESPACE_VERSION = '1.0'

/** `rpc_modules`: which namespaces a caller has. Every endpoint offers it. */
export function rpcApi(offered: () => readonly Api[]): Api {
  return {
    namespace: 'rpc',
    methods: {
      modules: (params) => {
        noParams(params)
        const names = [...new Set(offered().map(({ namespace }) => namespace))].sort()
        return Object.fromEntries(names.map((name) => [name, NAMESPACE_VERSION]))
      },
    },
  }
}

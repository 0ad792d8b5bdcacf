// The namespaces eth, debug and txpool as a service: it finds the chain and what else there is when it starts.
import { chainKey, poolKey, stateKey, syncKey } from '@ethspan/chain'
import type { Service, ServiceContext } from '@ethspan/node'
import { type EthApiOptions, ethApis, waitingApis } from './eth-apis.js'

export type EthApiServiceOptions = Pick<EthApiOptions, 'common' | 'limits'>

/**
 * Offers `eth`, `debug` and `txpool`. Register it after the services with the chain, and with the pool, the state and the
 * synchroniser where there are such. Until it has started, which is after the RPC endpoints have opened, calls are answered
 * that the node is starting.
 */
export function ethApiService(options: EthApiServiceOptions = {}): Service {
  let apis = waitingApis('the node is starting')
  return {
    name: 'ethapi',
    get apis() {
      return apis
    },
    start({ need, find, clock, log }: ServiceContext) {
      const found = { chain: need(chainKey), pool: find(poolKey), state: find(stateKey), sync: find(syncKey) }
      apis = ethApis({ ...options, ...found, clock, log })
    },
    stop() {
      apis = waitingApis('the node is stopping')
    },
  }
}

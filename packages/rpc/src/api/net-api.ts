import type { Api } from '@ethspan/node'
import { noParams } from './params.js'
import { type ServerSource, serverOf } from './server-source.js'

export interface NetApiOptions {
  /**
   * The network id for `net_version`; asked at each call. Devp2p has none of its own: a service with a chain gives it.
   * Default 0.
   */
  readonly networkId?: () => number | bigint
}

/** `net_version`, `net_listening`, `net_peerCount`. */
export function netApi(source: ServerSource, { networkId = () => 0 }: NetApiOptions = {}): Api {
  return {
    namespace: 'net',
    methods: {
      version: (params) => {
        noParams(params)
        return networkId().toString()
      },
      // Geth always says true; a browser node listens nowhere.
      listening: (params) => {
        noParams(params)
        return serverOf(source).nodeInfo().listeners.length > 0
      },
      peerCount: (params) => {
        noParams(params)
        return `0x${serverOf(source).peerCount.toString(16)}`
      },
    },
  }
}

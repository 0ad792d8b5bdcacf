import { bytesToHex, keccak256 } from '@ethspan/core'
import type { Api } from '@ethspan/node'
import { hexBytes, noParams, readParams } from './params.js'
import { type ServerSource, serverOf } from './server-source.js'

/** `web3_clientVersion`, `web3_sha3`. */
export function web3Api(source: ServerSource): Api {
  return {
    namespace: 'web3',
    methods: {
      clientVersion: (params) => {
        noParams(params)
        return serverOf(source).nodeInfo().name
      },
      sha3: (params) => {
        const [bytes] = readParams<[Uint8Array]>(params, hexBytes)
        return `0x${bytesToHex(keccak256(bytes))}`
      },
    },
  }
}

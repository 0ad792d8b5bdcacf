// The faucet over JSON-RPC, for scripts and the console: `dev_fund`.
import type { Api } from '@ethspan/node'
import { params } from '@ethspan/rpc'
import { type Faucet, giftJson } from './faucet.js'

export const faucetApi = (faucet: Faucet): Api => ({
  namespace: 'dev',
  methods: {
    fund: async (sent) => {
      const [address] = params.readParams<[string]>(sent, params.text)
      return giftJson(await faucet.fund(address))
    },
  },
})

// The namespaces eth, txpool, debug and engine over JSON-RPC, in geth's shapes.
export { type EngineApiOptions, engineApi } from './engine/engine-api.js'
export type { Importer } from './engine/engine-backend.js'
export { type EthApiOptions, ethApis } from './eth-apis.js'
export { defaultEthApiLimits, type EthApiLimits } from './limits.js'
export { type EthApiServiceOptions, ethApiService } from './service.js'
export { txpoolApi } from './txpool-api.js'

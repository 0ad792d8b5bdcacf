export type { BlockPlan, Candidates } from './block/build-block.js'
export { type BlockBuilder, DevChain, type DevChainOptions } from './dev/dev-chain.js'
export {
  DEV_CHAIN_ID,
  type DevSpecOptions,
  devGenesis,
  devSpec,
  faucetAddress,
  faucetKey,
} from './dev/dev-spec.js'
export { Execution, type OpenExecutionOptions, openExecution } from './execution.js'
export * from './limits.js'

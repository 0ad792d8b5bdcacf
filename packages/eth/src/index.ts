export {
  BLOCK_FORKS,
  type ChainConfig,
  type ChainForks,
  chainForks,
  type Genesis,
  readGenesis,
  TIME_FORKS,
} from './chain-config.js'
export { addFork, checkForkId, type ForkHead, type ForkId, type ForkIdFault, forkId } from './fork-id.js'
export { holesky, hoodi, mainnet, type Network, sepolia } from './networks.js'

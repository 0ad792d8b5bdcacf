// The public networks. Sources: geth's params/chainspecs and genesis blocks; holesky: as geth had it until the network was given up.
import { hexToBytes } from '@ethspan/core'
import { type ChainForks, chainForks, type Genesis } from './chain-config.js'

/** A chain as the handshake knows it. */
export interface Network {
  /** By which nodes find those of their network; for these it is the chain id as well. */
  readonly networkId: bigint
  readonly genesis: Genesis
  readonly forks: ChainForks
}

function network(genesisHash: string, genesis: Genesis): Network {
  return {
    networkId: BigInt(genesis.config.chainId ?? 0),
    genesis,
    forks: chainForks(genesis, hexToBytes(genesisHash)),
  }
}

/** Forks that came before the genesis block of every test network here. */
const toLondon = {
  homesteadBlock: 0,
  eip150Block: 0,
  eip155Block: 0,
  eip158Block: 0,
  byzantiumBlock: 0,
  constantinopleBlock: 0,
  petersburgBlock: 0,
  istanbulBlock: 0,
  muirGlacierBlock: 0,
  berlinBlock: 0,
  londonBlock: 0,
}

export const mainnet: Network = network('d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3', {
  timestamp: 0n,
  config: {
    chainId: 1,
    homesteadBlock: 1150000,
    daoForkBlock: 1920000,
    eip150Block: 2463000,
    eip155Block: 2675000,
    eip158Block: 2675000,
    byzantiumBlock: 4370000,
    constantinopleBlock: 7280000,
    petersburgBlock: 7280000,
    istanbulBlock: 9069000,
    muirGlacierBlock: 9200000,
    berlinBlock: 12244000,
    londonBlock: 12965000,
    arrowGlacierBlock: 13773000,
    grayGlacierBlock: 15050000,
    shanghaiTime: 1681338455,
    cancunTime: 1710338135,
    pragueTime: 1746612311,
    osakaTime: 1764798551,
    bpo1Time: 1765290071,
    bpo2Time: 1767747671,
  },
})

export const sepolia: Network = network('25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9', {
  timestamp: 1633267481n,
  config: {
    chainId: 11155111,
    ...toLondon,
    mergeNetsplitBlock: 1735371,
    shanghaiTime: 1677557088,
    cancunTime: 1706655072,
    pragueTime: 1741159776,
    osakaTime: 1760427360,
    bpo1Time: 1761017184,
    bpo2Time: 1761607008,
    amsterdamTime: 1791294816,
  },
})

export const hoodi: Network = network('bbe312868b376a3001692a646dd2d7d1e4406380dfd86b98aa8a34d1557c971b', {
  timestamp: 1742212800n,
  config: {
    chainId: 560048,
    ...toLondon,
    mergeNetsplitBlock: 0,
    shanghaiTime: 0,
    cancunTime: 0,
    pragueTime: 1742999832,
    osakaTime: 1761677592,
    bpo1Time: 1762365720,
    bpo2Time: 1762955544,
  },
})

export const holesky: Network = network('b5f7f912443c940f21fd611f12828d75b534364ed9e95ca4e307729a4661bde4', {
  timestamp: 1695902100n,
  config: {
    chainId: 17000,
    ...toLondon,
    shanghaiTime: 1696000704,
    cancunTime: 1707305664,
    pragueTime: 1740434112,
    osakaTime: 1759308480,
    bpo1Time: 1759800000,
    bpo2Time: 1760389824,
  },
})

// The public networks. Sources: geth's params/chainspecs and genesis blocks; holesky: as geth had it until the network was given up.
import { hexToBytes } from '@ethspan/core'
import { chainForks } from './chain-config.js'
import { type ChainSpec, type GenesisFields, genesisBlock } from './chain-spec.js'
import { forksFromGenesis, PUBLIC_BLOB_SCHEDULE } from './presets.js'

/** What is not all zeros in a network's genesis block, but for its state. */
type Fields = Pick<GenesisFields, 'config' | 'difficulty' | 'gasLimit'> & Partial<GenesisFields>

function network(stateRoot: string, fields: Fields): ChainSpec {
  const zeros = {
    timestamp: 0n,
    nonce: 0n,
    extraData: new Uint8Array(0),
    mixHash: new Uint8Array(32),
    coinbase: new Uint8Array(20),
    gasUsed: 0n,
    parentHash: new Uint8Array(32),
  }
  const whole = { ...zeros, ...fields }
  const genesis = genesisBlock(whole, hexToBytes(stateRoot))
  const { config } = whole
  return { networkId: BigInt(config.chainId ?? 0), config, forks: chainForks(whole, genesis.hash), genesis }
}

/** Forks that came before the genesis block of every test network here. */
const toLondon = forksFromGenesis('londonBlock')

export const mainnetSpec: ChainSpec = network('d7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544', {
  nonce: 66n,
  extraData: hexToBytes('11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa'),
  gasLimit: 5000n,
  difficulty: 17179869184n,
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
    daoForkSupport: true,
    terminalTotalDifficulty: 58_750_000_000_000_000_000_000n,
    depositContractAddress: hexToBytes('00000000219ab540356cbb839cbe05303d7705fa'),
    blobSchedule: PUBLIC_BLOB_SCHEDULE,
  },
})

export const sepoliaSpec: ChainSpec = network('5eb6e371a698b8d68f665192350ffcecbbbf322916f4b51bd79bb6887da3f494', {
  timestamp: 1633267481n,
  extraData: new TextEncoder().encode('Sepolia, Athens, Attica, Greece!'),
  gasLimit: 30_000_000n,
  difficulty: 131072n,
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
    terminalTotalDifficulty: 17_000_000_000_000_000n,
    depositContractAddress: hexToBytes('7f02c3e3c98b133055b8b348b2ac625669ed295d'),
    blobSchedule: PUBLIC_BLOB_SCHEDULE,
  },
})

export const hoodiSpec: ChainSpec = network('da87d7f5f91c51508791bbcbd4aa5baf04917830b86985eeb9ad3d5bfb657576', {
  timestamp: 1742212800n,
  nonce: 0x1234n,
  gasLimit: 36_000_000n,
  difficulty: 1n,
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
    terminalTotalDifficulty: 0n,
    depositContractAddress: hexToBytes('00000000219ab540356cbb839cbe05303d7705fa'),
    blobSchedule: PUBLIC_BLOB_SCHEDULE,
  },
})

export const holeskySpec: ChainSpec = network('69d8c9d72f6fa4ad42d4702b433707212f90db395eb54dc20bc85de253788783', {
  timestamp: 1695902100n,
  nonce: 0x1234n,
  gasLimit: 25_000_000n,
  difficulty: 1n,
  config: {
    chainId: 17000,
    ...toLondon,
    shanghaiTime: 1696000704,
    cancunTime: 1707305664,
    pragueTime: 1740434112,
    osakaTime: 1759308480,
    bpo1Time: 1759800000,
    bpo2Time: 1760389824,
    terminalTotalDifficulty: 0n,
    depositContractAddress: hexToBytes('4242424242424242424242424242424242424242'),
    blobSchedule: PUBLIC_BLOB_SCHEDULE,
  },
})

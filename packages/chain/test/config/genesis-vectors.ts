// Small genesis.json files and the hashes of their blocks: `geth init` of 1.17.8, then `eth.getBlock(0).hash` in its console.

const toBerlin = {
  homesteadBlock: 0,
  eip150Block: 0,
  eip155Block: 0,
  eip158Block: 0,
  byzantiumBlock: 0,
  constantinopleBlock: 0,
  petersburgBlock: 0,
  istanbulBlock: 0,
  berlinBlock: 0,
}
const merged = { chainId: 7, ...toBerlin, londonBlock: 0, terminalTotalDifficulty: 0 }
const blobSchedule = {
  cancun: { target: 3, max: 6, baseFeeUpdateFraction: 3338477 },
  prague: { target: 6, max: 9, baseFeeUpdateFraction: 5007716 },
  bpo1: { target: 10, max: 15, baseFeeUpdateFraction: 8346193 },
}
const cancun = { ...merged, shanghaiTime: 0, cancunTime: 0, blobSchedule }
const amsterdam = { ...cancun, pragueTime: 0, osakaTime: 0, amsterdamTime: 0 }

/** In every form that geth reads; a slot of zero and an empty account among them. */
export const alloc = {
  '00000000000000000000000000000000000000aa': { balance: '0x1' },
  '0x00000000000000000000000000000000000000bB': { balance: '1000000000000000000000', nonce: '0x5' },
  '00000000000000000000000000000000000000cc': {
    balance: '0x0',
    nonce: 1,
    code: '0x6001600255',
    storage: {
      '0x00': '0x2a',
      '01': '0x0100',
      [`0x${'00'.repeat(31)}02`]: `0x${'00'.repeat(32)}`,
      '0xff': `0x${'ff'.repeat(32)}`,
    },
  },
  '00000000000000000000000000000000000000dd': { balance: '0x0' },
}
const forty = Array.from({ length: 40 }, (_, i) => [
  (i + 1).toString(16).padStart(40, '0'),
  { balance: `0x${(i * 7 + 1).toString(16)}` },
])
const usual = { gasLimit: '0x1c9c380', difficulty: '0x0', alloc }

export const gethGenesis: readonly (readonly [name: string, json: object, hash: string])[] = [
  [
    'proof of work before any fork',
    {
      config: { chainId: 7, ethash: {}, terminalTotalDifficulty: 1_000_000 },
      nonce: '0x42',
      timestamp: '0x5',
      extraData: '0x11bbe8db',
      gasLimit: '0x1388',
      difficulty: '0x20000',
      mixHash: `0x${'ab'.repeat(32)}`,
      coinbase: `0x${'0c'.repeat(20)}`,
      alloc,
    },
    '47140f56ff4c4edf32482265c8b6701264d677b142878c123b2c04fb66850cd2',
  ],
  [
    'Berlin, no accounts, and numbers in other forms',
    {
      config: { chainId: 7, ...toBerlin, terminalTotalDifficulty: 58_750_000_000_000_000_000_000 },
      nonce: '66',
      timestamp: 1_700_000_000,
      gasLimit: 8_000_000,
      difficulty: '131072',
      alloc: {},
    },
    'ffeb20e4c97605e67012cd9cf04ca3547633c6e4b7d001010a51571b0d9ab760',
  ],
  [
    'London, with the gas limit left to it',
    { config: merged, gasLimit: '0x0', difficulty: '0x0', alloc: Object.fromEntries(forty) },
    '182e47ff755c45403263fbc8e9eb1388f63cdc39627180d9561bb40943df9663',
  ],
  [
    'London with a base fee',
    { config: merged, ...usual, baseFeePerGas: '0x7' },
    '6683b80f93ab1b73fff58f92958d72f5916f72baa09df805bd26b21a4a635f35',
  ],
  [
    'Shanghai',
    { config: { ...merged, shanghaiTime: 9 }, timestamp: '0x9', ...usual },
    '23704535145330cefda5b2c9d9bf4a9fffa51bb771365b7f384bdda52e73aefb',
  ],
  [
    'a second before Shanghai',
    { config: { ...merged, shanghaiTime: 9 }, timestamp: '0x8', ...usual },
    'a5035f6639f3b8deda635be69f6f8ee64968872866fef929206aa1a6dc276ab7',
  ],
  [
    'Cancun with blobs',
    { config: cancun, ...usual, excessBlobGas: '0x20000', blobGasUsed: '0x40000' },
    'f14c38e69ca51ec56ff5dfca80a04338198abbf9fb10868f5f1a080c03b93f2c',
  ],
  [
    'Prague',
    { config: { ...cancun, pragueTime: 0 }, ...usual },
    '9a77254a9ca3dccfcac6695eae51c8f3c2e263f82f75f0c1ae538dad83e5d057',
  ],
  [
    'Amsterdam after a fork of blob parameters',
    { config: { ...amsterdam, bpo1Time: 0 }, ...usual },
    '9dbfde9bf7f954c48e2436d9e8e03a446d020e156ab793264aab6887c6adfb25',
  ],
  [
    'Amsterdam with a slot',
    { config: amsterdam, ...usual, slotNumber: '0x11', extraData: '0x' },
    'f560e1b84a9dcf3fc227eb582cb6c82bd424e315c205f558e901cd28b13445e9',
  ],
  [
    'names in other letters, the last of two counting',
    {
      Config: {
        chainID: 7,
        ...Object.fromEntries(Object.entries(toBerlin).map(([name, at]) => [name.toLowerCase(), at])),
        LondonBlock: 0,
        terminaltotaldifficulty: 0,
        shanghaitime: 0,
        cancuntime: 0,
        blobschedule: { Cancun: { Target: 3, MAX: 6, basefeeupdatefraction: 3338477 } },
      },
      gaslimit: '0x1',
      gasLimit: '0x1388',
      Difficulty: '0x0',
      mixhash: `0x${'ab'.repeat(32)}`,
      extradata: '0x22',
      BASEFEEPERGAS: '0x7',
      Alloc: { [`${'00'.repeat(19)}0a`]: { Balance: '0x1', CODE: '0x60', Nonce: '0x2', Storage: { '01': '02' } } },
    },
    'f5c4240f35973d17a4afcaf0d6f24fc0e907b5a61b4d608fd684838e7297fef3',
  ],
  [
    'nothing where a value is expected, and more zeros than digits',
    {
      config: { chainId: 7 },
      gasLimit: '',
      difficulty: '',
      nonce: '',
      timestamp: '',
      extraData: '',
      coinbase: null,
      alloc: {
        [`${'00'.repeat(19)}0a`]: { balance: '', nonce: null, code: '', storage: null },
        [`${'00'.repeat(19)}0b`]: { balance: `0x${'0'.repeat(70)}07`, nonce: '', code: null, storage: { '': '01' } },
      },
    },
    '1441bbf410922d2d29a1bb6520b9b83310123425fa0c166343606b5626fda5fe',
  ],
]

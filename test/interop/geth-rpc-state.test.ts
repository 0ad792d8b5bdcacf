// States, the pool and subscriptions against geth's: a node of ours that executes geth's chain is asked the same as geth.
import { type TestTransactionOptions, testTransaction } from '@ethspan/chain/testing'
import { bytesToHex, keccak256, publicKeyOf } from '@ethspan/core'
import { connect } from '@ethspan/rpc/endpoints'
import { expect, onTestFinished, test, vi } from 'vitest'
import { readTestGenesis, TEST_CHAIN_BLOCKS, TEST_CHAIN_NETWORK_ID, testChainFolder } from './geth-node.js'
import { backAndForth, type Request, type RpcPair, richKeys, startPair, syncGeth } from './rpc-pair.js'

// Each runs the whole chain first.
vi.setConfig({ testTimeout: 240_000 })

const hex = (number: number) => `0x${number.toString(16)}`
const hexOf = (bytes: Uint8Array) => `0x${bytesToHex(bytes)}`
/** geth keeps the states of its newest blocks. */
const AT = ['latest', hex(TEST_CHAIN_BLOCKS - 1), hex(TEST_CHAIN_BLOCKS - 50)]
const UNKNOWN_HASH = `0x${'12'.repeat(32)}`
const NOBODY = `0x${'12'.repeat(20)}`
const GWEI = 10n ** 9n
/** Takes the first word of its input for the size of memory. What there can't be geth calls an overflow, and @ethereumjs too little gas. */
const DEPLOYER = '0x4e59b44847b379578588920ca78fbf26c0b4956c'

interface ToldTransaction {
  readonly from: string
  readonly to: string | null
}

/** Everybody who has an account in the genesis block, or sent or got something since. */
async function accounts(pair: RpcPair): Promise<string[]> {
  const genesis = (await readTestGenesis(await testChainFolder())) as { alloc: Record<string, unknown> }
  const numbers = Array.from(
    { length: TEST_CHAIN_BLOCKS },
    (_, i): Request => ['eth_getBlockByNumber', hex(i + 1), true],
  )
  const [blocks] = await pair.both(numbers)
  const transactions = blocks.flatMap(({ result }) => (result as { transactions: ToldTransaction[] }).transactions)
  const named = transactions.flatMap(({ from, to }) => [from, ...(to === null ? [] : [to])])
  const [receipts] = await pair.both(
    Array.from({ length: TEST_CHAIN_BLOCKS }, (_, i) => ['eth_getBlockReceipts', hex(i + 1)] as const),
  )
  const created = receipts.flatMap(({ result }) =>
    (result as { contractAddress: string | null }[]).map((it) => it.contractAddress),
  )
  const all = [...Object.keys(genesis.alloc).map((key) => `0x${key.replace(/^0x/, '')}`), ...named, ...created, NOBODY]
  const lower = all.filter((it) => it !== null).map((it) => it.toLowerCase())
  return [...new Set(lower)].filter((it) => it !== DEPLOYER)
}

test('accounts, code, storage and proofs', async () => {
  const pair = await startPair({ executes: true })
  const all = await accounts(pair)
  expect(all.length).toBeGreaterThan(50)
  for (const method of ['eth_getBalance', 'eth_getTransactionCount', 'eth_getCode']) {
    await pair.alike(AT.flatMap((at) => all.map((address): Request => [method, address, at])))
  }
  const slots = ['0x0', '0x1', '0x02', UNKNOWN_HASH]
  await pair.alike(
    all.flatMap((address) => slots.map((slot): Request => ['eth_getStorageAt', address, slot, 'latest'])),
  )
  const words = [`0x${'00'.repeat(32)}`, UNKNOWN_HASH]
  await pair.alike([
    ['eth_getStorageValues', Object.fromEntries(all.map((address) => [address, words]))],
    ['eth_getStorageValues', { [NOBODY]: words }, AT[2]!],
    ['eth_getStorageValues', { [NOBODY]: Array(1025).fill(UNKNOWN_HASH) }],
    ['eth_getStorageValues', {}],
    ['eth_getStorageValues', { [NOBODY]: words }, hex(TEST_CHAIN_BLOCKS + 1)],
  ])
  await pair.alike(all.map((address) => ['eth_getProof', address, slots, 'latest']))
  await pair.alike(all.map((address) => ['eth_getProof', address, [], AT[2]]))
})

test('calls', async () => {
  const pair = await startPair({ executes: true })
  const all = await accounts(pair)
  const from = all[0]
  await pair.alike(all.map((to) => ['eth_call', { to, from }, 'latest']))
  await pair.alike(all.map((to) => ['eth_call', { to, input: `0x${'01'.repeat(36)}`, value: '0x0' }, AT[1]]))
  const init = (data: string): Request => ['eth_call', { data }, 'latest']
  await pair.alike([
    init('0x'),
    // Returns the gas price; the number, time and base fee of the block; whoever calls.
    ...['3a', '43', '42', '48', '33', '46', '4a', '44'].map((op) => init(`0x${op}60005260206000f3`)),
    init('0x60006000fd'),
    init('0xfe'),
    ['eth_call', { data: '0x5b600056', gas: '0x100000' }, 'latest'],
    init('0x01'),
    init(`0x7f08c379a0${'0'.repeat(56)}60005260206004526004602452${`7f6e6f7065${'0'.repeat(56)}`}60445260646000fd`),
    init(`0x7f4e487b71${'0'.repeat(56)}600052601160045260246000fd`),
    ['eth_call', { to: NOBODY, gas: '0x1' }, 'latest'],
    ['eth_call', { to: NOBODY, gasPrice: '0x1', maxFeePerGas: '0x1' }, 'latest'],
    ['eth_call', { to: NOBODY, chainId: '0x1' }, 'latest'],
    ['eth_call', { from: NOBODY, to: from, value: '0x1' }, 'latest'],
    ['eth_call', { to: NOBODY }, UNKNOWN_HASH],
    ['eth_call', { to: NOBODY }, hex(TEST_CHAIN_BLOCKS + 1)],
    ['eth_call', { to: NOBODY }, { blockHash: UNKNOWN_HASH }],
    ['eth_getBalance', NOBODY, hex(TEST_CHAIN_BLOCKS + 1)],
    ['eth_getProof', NOBODY, Array(1025).fill('0x1'), 'latest'],
    ['eth_getProof', NOBODY, ['0xzz'], 'latest'],
  ])
})

test('calls that see other accounts and another block', async () => {
  const pair = await startPair({ executes: true })
  const IDENTITY = `0x${'00'.repeat(19)}04`
  const word = (number: number) => `0x${number.toString(16).padStart(64, '0')}`
  /** Returns what some instructions put on the stack. */
  const telling = (code: string) => `0x${code}60005260206000f3`
  const call = (code: string, account: object = {}, block: object = {}): Request => [
    'eth_call',
    { to: NOBODY, input: '0x0102' },
    'latest',
    { [NOBODY]: { code, ...account } },
    block,
  ]
  const see = (accounts: unknown, to = NOBODY): Request => ['eth_call', { to, input: '0x0102' }, 'latest', accounts]
  const rich = { [NOBODY]: { balance: '0xffffffffffffffffffff' } }
  const sending = { from: NOBODY, to: IDENTITY, value: '0xffffff' }
  const slots = { [word(1)]: word(7) }
  const requests: Request[] = [
    call(telling('600154'), { state: slots }),
    call(telling('600154'), { stateDiff: slots }),
    call(telling('600254'), { stateDiff: slots }),
    call(telling(`73${NOBODY.slice(2)}31`), { balance: '0x77' }),
    call(telling('600060006000f0'), { nonce: '0x9' }),
    call(telling('600060006000f0')),
    call(telling('43'), {}, { number: '0x1000' }),
    call(telling('42'), {}, { time: '0xffffffff' }),
    call(telling('45'), {}, { gasLimit: '0x1234567' }),
    call(telling('41'), {}, { feeRecipient: NOBODY }),
    call(telling('44'), {}, { prevRandao: word(3), difficulty: '0x5' }),
    call(telling('48'), {}, { baseFeePerGas: '0x50' }),
    call(telling('4a'), {}, { blobBaseFee: '0x63' }),
    call(telling('4a')),
    // BLOCKHASH of the block it really is on, of the one before, and of one to come.
    ...[0, -1, 1].map((at) => {
      const number = (TEST_CHAIN_BLOCKS + at).toString(16).padStart(4, '0')
      return call(telling(`61${number}40`), {}, { number: hex(TEST_CHAIN_BLOCKS + 20) })
    }),
    // By an early time it is a block of an earlier fork.
    call(telling('48'), {}, { time: '0x1' }),
    see({ [IDENTITY]: { code: telling('602a') } }, IDENTITY),
    see({ [IDENTITY]: null }, IDENTITY),
    see({ [IDENTITY]: { balance: '0x1' } }, IDENTITY),
    see({ [IDENTITY]: { movePrecompileToAddress: NOBODY } }),
    see({ [IDENTITY]: { movePrecompileToAddress: NOBODY } }, IDENTITY),
    see({ [IDENTITY]: { movePrecompileToAddress: NOBODY }, [NOBODY]: { nonce: '0x1' } }),
    see({ [NOBODY]: { movePrecompileToAddress: IDENTITY } }),
    see({ [NOBODY]: { state: {}, stateDiff: {} } }),
    see({}),
    see(null),
    ['eth_call', sending, 'latest', rich],
    ['eth_call', sending, 'latest'],
    ['eth_call', { ...sending, maxFeePerGas: '0x64' }, 'latest', rich, { baseFeePerGas: '0x63' }],
    ['eth_call', { ...sending, maxFeePerGas: '0x64' }, 'latest', rich, { baseFeePerGas: '0x65' }],
    ['eth_estimateGas', sending, 'latest'],
    ['eth_call', { to: NOBODY }, 'latest', {}, { beaconRoot: word(1) }],
    ['eth_call', { to: NOBODY }, 'latest', {}, { withdrawals: [] }],
    ['eth_estimateGas', { to: NOBODY }, 'latest', {}, { withdrawals: [] }],
    ['eth_estimateGas', { to: NOBODY }, 'latest', { [NOBODY]: { code: '0x60006000fd' } }],
    ['eth_estimateGas', { to: NOBODY, input: '0x01' }, 'latest', {}, { gasLimit: '0x5209' }],
  ]
  const answers = await pair.alike(requests)
  expect(answers.filter(({ result }) => result !== undefined).length).toBeGreaterThan(20)
  await pair.failAlike([
    see({ '0x12': {} }),
    see({ [NOBODY]: { balance: 1 } }),
    see({ [NOBODY]: { state: { '0x1': '0x2' } } }),
    see([]),
    // A block of that time has no base fee of blobs; geth names what it does not run.
    call(telling('4a'), {}, { time: '0x1' }),
    call('0x', {}, { number: 1 }),
    ['eth_call', { to: NOBODY }, 'latest', {}, {}, {}],
  ])
})

test('the gas of a call: never more than geth says, and hardly less', async () => {
  const pair = await startPair({ executes: true })
  const all = await accounts(pair)
  const requests = all.map((to): Request => ['eth_estimateGas', { from: all[0], to, input: '0x01' }])
  const [theirs, ours] = await pair.both(requests)
  // What geth gives away to be done sooner: its `estimateGasErrorRatio`.
  const RATIO = 1.016
  for (const [i, request] of requests.entries()) {
    const [their, our] = [theirs[i]!, ours[i]!]
    if (their.error !== undefined) {
      expect(our, JSON.stringify(request)).toEqual(their)
      continue
    }
    const [theirGas, ourGas] = [Number(their.result), Number(our.result)]
    expect(ourGas, JSON.stringify([request, our])).toBeLessThanOrEqual(theirGas)
    expect(ourGas * RATIO, JSON.stringify(request)).toBeGreaterThanOrEqual(theirGas)
  }
})

test('transactions that are sent: what is said of them, and of the pool that has them', async () => {
  const pair = await startPair({ executes: true })
  await syncGeth(pair)
  const [a, b, c] = await richKeys(pair)
  const send = (account: typeof a, options: Partial<TestTransactionOptions> = {}): Request => {
    const { key, nonce } = account!
    const fees = { maxFeePerGas: 5n * GWEI, chainId: TEST_CHAIN_NETWORK_ID }
    return ['eth_sendRawTransaction', hexOf(testTransaction({ key, nonce, ...fees, ...options }).bytes)]
  }
  const requests = [
    send(a),
    send(a),
    send(a, { value: 2n }),
    send(a, { nonce: a!.nonce + 1n, type: 0 }),
    send(a, { nonce: a!.nonce + 5n, type: 1 }),
    send(b, { type: 4, gasLimit: 200_000n }),
    send(c, { to: null, data: Uint8Array.of(0), gasLimit: 200_000n }),
    send(c, { nonce: c!.nonce + 1n, value: 10n ** 60n }),
    send(c, { nonce: c!.nonce + 1n, gasLimit: 14_999n }),
    send(c, { nonce: c!.nonce + 1n, maxFeePerGas: 10n ** 15n, gasLimit: 2_000_000n }),
    send(c, { nonce: c!.nonce + 1n, type: 3 }),
  ]
  const answers = await pair.alike(requests)
  expect(answers.filter(({ result }) => result !== undefined)).toHaveLength(5)
  const hashes = answers.flatMap(({ result }) => (result === undefined ? [] : [result]))
  const senders = [a, b, c].map((account) => hexOf(keccak256(publicKeyOf(account!.key)).subarray(12)))
  await pair.alike([
    ['txpool_status'],
    ['txpool_content'],
    ['txpool_inspect'],
    ...senders.map((sender): Request => ['txpool_contentFrom', sender]),
    ...hashes.map((hash): Request => ['eth_getTransactionByHash', hash]),
    ...hashes.map((hash): Request => ['eth_getRawTransactionByHash', hash]),
    ...hashes.map((hash): Request => ['eth_getTransactionReceipt', hash]),
    ...senders.map((sender): Request => ['eth_getTransactionCount', sender, 'pending']),
    ['eth_getTransactionCount', NOBODY, 'pending'],
  ])
})

test('what subscribers are told when the chain goes back and forth', async () => {
  const pair = await startPair({ geth: { args: ['--ws', '--ws.port', '0', '--ws.api', 'eth'] } })
  const { geth, ours } = pair
  // On one port with HTTP, as both were asked for port 0.
  const url = geth.httpUrl!.replace('http', 'ws')
  const { at, back, forth, setHead } = await backAndForth(pair)
  // Before that geth goes nowhere back.
  await setHead(forth)
  const theirs = await follow(url)
  const own = await follow(ours.wsUrl)
  for (const head of [back, forth]) await setHead(head)
  await expect.poll(() => theirs.heads.length, { timeout: 10_000 }).toBe(2)
  await expect.poll(() => own.logs.length).toBe(theirs.logs.length)
  expect(own.logs).toEqual(theirs.logs)
  // geth leaves out the blocks between, of which ours tells as well.
  expect(own.heads.filter(({ number }) => [hex(at - 1), hex(TEST_CHAIN_BLOCKS)].includes(number))).toEqual(theirs.heads)
})

async function follow(url: string) {
  const client = await connect(url)
  onTestFinished(() => client.close())
  const heads: { readonly number: string }[] = []
  const logs: unknown[] = []
  await client.subscribe<{ readonly number: string }>('eth', ['newHeads'], (head) => heads.push(head))
  await client.subscribe('eth', ['logs', {}], (log) => logs.push(log))
  return { heads, logs }
}

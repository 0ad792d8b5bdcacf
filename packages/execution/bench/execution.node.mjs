// What it costs to run blocks: `npm run build && node --expose-gc packages/execution/bench/execution.node.mjs [folder] [rounds]`.
// The folder has a chain in geth's form, genesis.json and chain.rlp, such as cmd/devp2p/internal/ethtest/testdata of its sources.
// Without one, a chain is made: blocks of transfers, and of calls of a contract that stores. Each round runs all blocks anew, in
// memory; the first one pays for the compiler. CPU time says more than wall time where others use the machine.
import { createReadStream, readFileSync } from 'node:fs'
import path from 'node:path'
import { BlockImporter, chainSpec, openChain, parseGenesis, readChainFile } from '@ethspan/chain'
import { testAddress, testTransaction } from '@ethspan/chain/testing'
import { hexToBytes } from '@ethspan/core'
import { devSpec, faucetKey, openExecution } from '@ethspan/execution'
import { memoryStore } from '@ethspan/node/memory'

const [folder, rounds = '3'] = process.argv.slice(2)
const MADE_BLOCKS = 40
const MADE_TRANSACTIONS = 100

async function readChain() {
  const spec = await chainSpec(parseGenesis(JSON.parse(readFileSync(path.join(folder, 'genesis.json'), 'utf8'))))
  const blocks = []
  for await (const block of readChainFile(createReadStream(path.join(folder, 'chain.rlp')))) blocks.push(block)
  return { spec, blocks }
}

/** Half of the transactions are transfers to new accounts, half store a word. */
async function makeChain() {
  const spec = await devSpec()
  const { execution } = await open(spec)
  const { readTransaction, senderOf, commonAt, chainCommon } = await import('@ethspan/chain')
  const common = commonAt(chainCommon(spec.config), { number: 1n, time: 1n })
  const contract = testAddress(0)
  let nonce = 0n
  const sign = (options) => testTransaction({ key: faucetKey, maxFeePerGas: 10n ** 12n, nonce: nonce++, ...options })
  const deploy = sign({
    to: null,
    value: 0n,
    data: hexToBytes('600780600a5f395ff35f35805f35550000'),
    gasLimit: 200_000n,
  })
  let parent = spec.genesis.header
  const blocks = []
  for (let number = 1; number <= MADE_BLOCKS; number++) {
    const list = number === 1 ? [deploy] : []
    for (let i = 0; i < MADE_TRANSACTIONS; i++) {
      const to = new Uint8Array(20).fill(i)
      to.set([number], 1)
      const data = new Uint8Array(32)
      data.set([1, number, i], 29)
      list.push(
        i % 2 === 0 ? sign({ to, gasLimit: 30_000n }) : sign({ to: contract, value: 0n, data, gasLimit: 60_000n }),
      )
    }
    const waiting = list.map((transaction) => {
      const tx = readTransaction(transaction, common)
      return { ...transaction, tx, sender: senderOf(tx) }
    })
    const plan = {
      time: parent.time + 12n,
      coinbase: new Uint8Array(20),
      prevRandao: new Uint8Array(32),
      parentBeaconRoot: new Uint8Array(32),
      slotNumber: BigInt(number),
    }
    const candidates = { peek: () => waiting[0], next: () => waiting.shift(), leave: () => waiting.shift() }
    const block = await execution.buildBlock(parent, plan, candidates)
    await execution.execute(block, parent)
    blocks.push(block)
    parent = block.header
  }
  return { spec, blocks }
}

async function open(spec, options = {}) {
  const store = memoryStore()
  const chain = await openChain({ store: memoryStore(), spec })
  return { chain, store, execution: await openExecution({ store, spec, chain, ...options }) }
}

const { spec, blocks } = !folder ? await makeChain() : await readChain()
const transactions = blocks.reduce((sum, { body }) => sum + body.transactions.length, 0)
const gas = blocks.reduce((sum, { header }) => sum + header.gasUsed, 0n)
console.log(`${blocks.length} blocks, ${transactions} transactions, ${gas} gas`)

/** As they come from a file: nobody has worked out who signed. */
const unread = (block) => ({
  ...block,
  body: { ...block.body, transactions: block.body.transactions.map((transaction) => ({ ...transaction })) },
})

for (let round = 0; round < Number(rounds); round++) {
  const { chain, execution, store } = await open(spec)
  const importer = new BlockImporter({ chain, executor: execution })
  const list = blocks.map(unread)
  let [wall, cpu] = [performance.now(), process.cpuUsage()]
  await importer.importBlocks(list)
  const report = (what) => {
    const seconds = (performance.now() - wall) / 1000
    const { user, system } = process.cpuUsage(cpu)
    const cpuSeconds = (user + system) / 1e6
    const rate = (count, time) => (count / time).toFixed(0)
    console.log(
      `${what}: ${rate(blocks.length, seconds)} blocks/s, ${rate(transactions, seconds)} transactions/s, ` +
        `${((cpuSeconds / blocks.length) * 1000).toFixed(2)} ms CPU a block, ${rate(Number(gas) / 1e6, seconds)} Mgas/s`,
    )
  }
  report('verified and run')
  // Once more, by another node, with all signatures known: what running alone costs.
  const again = await open(spec)
  ;[wall, cpu] = [performance.now(), process.cpuUsage()]
  let parent = spec.genesis.header
  for (const block of list) {
    await again.execution.execute(block, parent)
    parent = block.header
  }
  report('run alone')
  const nodes = (await store.keys().all()).length
  globalThis.gc?.()
  const mib = (bytes) => (bytes / 2 ** 20).toFixed(0)
  const { heapUsed, rss } = process.memoryUsage()
  console.log(`  records of the states: ${nodes}; heap ${mib(heapUsed)} MiB, resident ${mib(rss)} MiB`)
}

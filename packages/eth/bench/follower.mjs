// The half of the benchmark that syncs, the same in Node and in a page.
import { BlockImporter, chainSpec, openChain, parseGenesis } from '@ethspan/chain'
import { testSpec } from '@ethspan/chain/testing'
import { hexToBytes } from '@ethspan/core'
import { EthService } from '@ethspan/eth'
import { Node } from '@ethspan/node'
import { memoryStore } from '@ethspan/node/memory'

/** Milliseconds between two looks at whether the headers are there. */
const LOOK = 5

/** `genesis`: geth's genesis.json; without one, the chain that is made here. */
export const specOf = (genesis) =>
  genesis === undefined ? testSpec({ fork: 'amsterdam' }) : chainSpec(parseGenesis(genesis))

/** Begins with the genesis block alone and syncs to `hash`. Milliseconds from when it is told the head, connected. */
export async function follow({ genesis, enode, hash, store, transport }) {
  const spec = await specOf(genesis)
  const chain = await openChain({ store, spec })
  const eth = new EthService({ chain, importer: new BlockImporter({ chain }) })
  const node = new Node({ name: 'bench', store: memoryStore(), p2p: { transports: [transport] } })
  node.register(eth)
  await node.start()
  node.server.addPeer(enode)
  while (eth.peers().length === 0) await pause(LOOK)
  const start = performance.now()
  const done = new Promise((resolve, reject) => {
    eth.sync.addEventListener('synced', () => resolve(performance.now() - start))
    eth.sync.addEventListener('syncfail', ({ error }) => reject(error))
  })
  eth.sync.setTarget({ hash: hexToBytes(hash), source: 'engine' })
  let headers = 0
  const look = setInterval(() => {
    if (headers === 0 && eth.sync.progress()?.stage !== 'headers') headers = performance.now() - start
  }, LOOK)
  const all = await done
  clearInterval(look)
  const { version } = eth.peers()[0].eth
  await node.stop()
  return { version, headers, all, head: Number(chain.head().number), close: () => chain.close() }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

// A node in a process of its own, from the built packages: node-process.mjs <datadir> [<enode to dial>]. Prints its key as
// an enode URL when it runs, and then waits to be killed.
import { Node } from '@ethspan/node'
import { openDataDir } from '@ethspan/node/data-dir'
import { tcp } from '@ethspan/tcp'

const [folder, peer] = process.argv.slice(2)

/** @type {import('@ethspan/core').Protocol} */
const idle = {
  name: 'idle',
  version: 1,
  length: 1,
  async run(_peer, rw) {
    for await (const _ of rw);
  },
}

try {
  const dataDir = await openDataDir(folder)
  const node = new Node({
    name: 'test',
    dataDir,
    p2p: { transports: [tcp({ listen: { host: '127.0.0.1', port: 0 } })] },
  })
  node.register({ name: 'idler', protocols: [idle] })
  await node.start()
  if (peer !== undefined) node.server.addPeer(peer)
  console.log(node.server.self.toString())
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}

import { generatePrivateKey, type Protocol, Server } from '@ethspan/core'
import { webSocket } from '@ethspan/websocket'

const echo: Protocol = {
  name: 'echo',
  version: 1,
  length: 2,
  async run(_peer, rw) {
    for await (const msg of rw) await rw.write(1, msg.payload)
  },
}
const server = new Server({ privateKey: generatePrivateKey(), protocols: [echo], transports: [webSocket()] })
server.addEventListener('peeradd', ({ peer }) => document.body.append(peer.name))
await server.start()
server.addPeer(new URLSearchParams(location.search).get('node') ?? '')

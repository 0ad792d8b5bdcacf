import { decodeRlp, generatePrivateKey, type Protocol, Server } from '@ethspan/core'
import { tcp } from '@ethspan/tcp'

const echo: Protocol = {
  name: 'echo',
  version: 1,
  length: 2,
  async run(_peer, rw) {
    for await (const msg of rw) await rw.write(1, msg.payload)
  },
}
const ask: Protocol = {
  ...echo,
  async run(_peer, rw) {
    await rw.send(0, 'hello')
    const { payload } = await rw.read()
    console.log('echoed', new TextDecoder().decode(decodeRlp(payload) as Uint8Array))
  },
}

const transports = [tcp({ listen: { host: '127.0.0.1', port: 0 } })]
const listener = new Server({ privateKey: generatePrivateKey(), protocols: [echo], transports })
await listener.start()
const dialer = new Server({ privateKey: generatePrivateKey(), protocols: [ask], transports: [tcp()] })
const done = new Promise((resolve) => dialer.addEventListener('peerdrop', resolve))
await dialer.start()
dialer.addPeer(listener.self)
await done
await dialer.stop()
await listener.stop()

import { describe, expect, test } from 'vitest'
import { createCrypto } from '#crypto'
import { bytesToHex, createPortableCrypto, defaultLimits, encodeRlp, keccak256, publicKeyOf } from '../../src/index.js'
import { BaseCode, encodeDisconnect } from '../../src/peer/base-protocol.js'
import { DisconnectError, DiscReason } from '../../src/peer/disc-reason.js'
import { ourHello, sayHello } from '../../src/peer/say-hello.js'
import { accept, initiate } from '../../src/rlpx/establish.js'
import { MemoryNetwork, SimClock, seededRandomBytes } from '../../src/testing/index.js'

/** Everything that goes over the wire between fixed keys, with everything random fixed, as `length hash` of each write. */
async function session(crypto: Awaited<ReturnType<typeof createCrypto>>): Promise<string[]> {
  const wire: string[] = []
  const network = new MemoryNetwork({
    chunk: (bytes, from) => {
      wire.push(`${from} ${bytes.length} ${bytesToHex(keccak256(bytes).subarray(0, 8))}`)
      return [bytes]
    },
  })
  const clock = new SimClock()
  const side = (name: string, byte: number) => {
    const privateKey = new Uint8Array(32).fill(byte)
    const publicKey = publicKeyOf(privateKey)
    const options = { privateKey, crypto, clock, randomBytes: seededRandomBytes(name), limits: defaultLimits }
    const hello = ourHello({ name, caps: [{ name: 'gold', version: 1 }], listenPort: 30303, publicKey })
    return { options, hello, publicKey }
  }
  const a = side('dialer', 1)
  const b = side('listener', 2)
  const { dialer, listener } = network.pair()
  const [there, here] = await Promise.all([initiate(dialer, b.publicKey, a.options), accept(listener, b.options)])
  const saying = { clock, timeout: 5_000 }
  await Promise.all([sayHello(there, a.hello, saying), sayHello(here, b.hello, saying)])
  there.read({ message() {}, sent() {}, ended() {} })
  await there.write(16, encodeRlp(['a message', 1, ['of', 'some', 'items']]))
  await there.write(300, new Uint8Array(70_000))
  await clock.advance(0)
  await here.write(17, encodeRlp([]))
  await clock.advance(0)
  const goodbye = { code: BaseCode.Disconnect, payload: encodeDisconnect(DiscReason.Quitting) }
  await here.close(new DisconnectError(DiscReason.Quitting, 'local'), goodbye)
  return wire
}

// Whoever changes these changes the wire, and must mean to.
const GOLDEN: readonly string[] = [
  'dialer 439 ff676c5315fe6039', // auth
  'listener 418 ed9f735a2932d4bd', // ack
  'dialer 144 158ede5cbbfba792', // Hello
  'listener 144 2f8ba1058bf6da45', // Hello
  'dialer 80 b7e5769b2846622b', // a message
  'dialer 3344 89ababfb0f9270ae', // a large one, compressed, its code in three bytes
  'listener 64 ede8bdb634f13fe0', // an empty list
  'listener 64 d2cc619eb5df2735', // Disconnect
]

describe('a whole session has these bytes', () => {
  test("by this platform's crypto", async () => expect(await session(await createCrypto())).toEqual(GOLDEN))
  test('by plain code', async () => expect(await session(await createPortableCrypto({ wasm: false }))).toEqual(GOLDEN))
})

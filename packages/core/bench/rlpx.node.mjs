// How fast one core frames and unframes: `npx tsc -b && node packages/core/bench/rlpx.node.mjs [milliseconds per figure]`.
// Frames alone, without snappy and socket. The machine's noise is larger than most differences: compare within one run.
import { randomBytes } from 'node:crypto'
import { createCrypto } from '../dist/crypto/create-crypto.node.js'
import { createPortableCrypto } from '../dist/crypto/portable.js'
import { FrameDecoder, FrameEncoder } from '../dist/rlpx/frame.js'

const budget = Number(process.argv[2] ?? 400)
const sizes = [64, 1024, 16 * 1024, 64 * 1024, 1024 * 1024]
const implementations = [
  await createCrypto(),
  await createPortableCrypto(),
  await createPortableCrypto({ wasm: false }),
]

/** A pair of ends that share keys. */
function ends(crypto) {
  const keys = { crypto, aes: randomBytes(32), mac: randomBytes(32), remotePublicKey: randomBytes(64) }
  const side = () => ({ ...keys, egressMac: crypto.runningKeccak(), ingressMac: crypto.runningKeccak() })
  return { encoder: new FrameEncoder(side()), decoder: new FrameDecoder(side()) }
}

/** Megabytes (10⁶) a second out and in: of the fastest tenth of all turns, which other work disturbs least. */
function measure(crypto, size) {
  const { encoder, decoder } = ends(crypto)
  const payload = new Uint8Array(randomBytes(size))
  const turn = Math.max(1, Math.floor((64 * 1024) / size))
  const out = []
  const into = []
  const run = () => {
    const start = performance.now()
    const wire = Array.from({ length: turn }, () => encoder.encode(payload))
    const middle = performance.now()
    for (const frame of wire) {
      decoder.push(frame)
      if (decoder.next()?.length !== size) throw new Error('a frame went missing')
    }
    out.push(middle - start)
    into.push(performance.now() - middle)
  }
  for (const end = performance.now() + budget / 2; performance.now() < end; ) run()
  out.length = into.length = 0
  for (const end = performance.now() + budget; performance.now() < end; ) run()
  const rate = (times) => Math.round((turn * size) / times.sort((a, b) => a - b)[Math.floor(times.length / 10)] / 1000)
  return `${rate(out)}/${rate(into)}`
}

console.log(['MB/s out/in', ...sizes.map((size) => (size < 1024 ? `${size} B` : `${size / 1024} KiB`))].join('\t'))
for (const crypto of implementations) {
  console.log([crypto.name, ...sizes.map((size) => measure(crypto, size))].join('\t'))
}

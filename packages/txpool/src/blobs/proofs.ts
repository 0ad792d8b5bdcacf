// Whether blobs are those that a transaction names. The arithmetic takes hundreds of milliseconds for each blob, so it comes
// last and for one blob at a time; and its code is loaded when the first blob comes.
import { type BlobSidecar, CELLS_PER_BLOB } from '@ethspan/chain'
import { bytesToHex, type Clock, Serial } from '@ethspan/core'
import { Turns } from '../turns.js'

/** What the library does for us: each takes `0x` and hexadecimal digits. */
export interface Kzg {
  verifyBlobProof(blob: string, commitment: string, proof: string): boolean
  computeCells(blob: string): string[]
  verifyCellKzgProofBatch(commitments: string[], indices: number[], cells: string[], proofs: string[]): boolean
}

const CELL_INDICES = Array.from({ length: CELLS_PER_BLOB }, (_, i) => i)

/** Checks sidecars, one after the other. */
export class BlobProofs {
  readonly #clock: Clock
  readonly #load: () => Promise<Kzg>
  readonly #serial = new Serial()
  #kzg: Promise<Kzg> | undefined

  constructor(clock: Clock, load: () => Promise<Kzg> = loadKzg) {
    this.#clock = clock
    this.#load = load
  }

  /**
   * Whether every blob has the proofs that its commitment asks for. The counts must be right, see `sidecarFault`. Fails where the
   * code can't be loaded; the next call tries it again.
   */
  verify(sidecar: BlobSidecar): Promise<boolean> {
    return this.#serial.run(async () => {
      this.#kzg ??= this.#load()
      const kzg = await this.#kzg.catch((error: unknown) => {
        this.#kzg = undefined
        throw error
      })
      const turns = new Turns(this.#clock)
      for (const i of sidecar.blobs.keys()) {
        if (!isProven(kzg, sidecar, i)) return false
        await turns.pause()
      }
      return true
    })
  }
}

function isProven(kzg: Kzg, { version, blobs, commitments, proofs }: BlobSidecar, i: number): boolean {
  const blob = hex(blobs[i]!)
  const commitment = hex(commitments[i]!)
  // The library throws at a point that is none and at a number that is too large.
  try {
    if (version === 0) return kzg.verifyBlobProof(blob, commitment, hex(proofs[i]!))
    const ofBlob = proofs.slice(i * CELLS_PER_BLOB, (i + 1) * CELLS_PER_BLOB).map(hex)
    const cells = kzg.computeCells(blob)
    return kzg.verifyCellKzgProofBatch(new Array<string>(CELLS_PER_BLOB).fill(commitment), CELL_INDICES, cells, ofBlob)
  } catch {
    return false
  }
}

const hex = (bytes: Uint8Array): string => `0x${bytesToHex(bytes)}`

async function loadKzg(): Promise<Kzg> {
  const [{ KZG }, { verifierSetup }] = await Promise.all([
    import('micro-eth-signer/kzg.js'),
    import('./trusted-setup.js'),
  ])
  return new KZG(verifierSetup())
}

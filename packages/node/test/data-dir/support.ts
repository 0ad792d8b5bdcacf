import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'ethspan-node-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A user without rights of its own. */
const NOBODY = 65534

/** Runs `call` as somebody for whom modes of files count: for root, they don't. */
export async function unprivileged<T>(call: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return await call()
  process.seteuid?.(NOBODY)
  try {
    return await call()
  } finally {
    process.seteuid?.(0)
  }
}

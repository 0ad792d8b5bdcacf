// Finds for each part of an answer the block that it is of.
import type { BlockTask } from './block-task.js'

/** What came of an answer. */
export interface Delivery {
  /** Hashes of blocks that the peer does not have. */
  readonly missing: readonly Uint8Array[]
  /** The peer sent something wrong; `reason` completes "the peer …". */
  readonly fault?: { readonly task: BlockTask; readonly reason: string }
}

/** How parts of one kind are held to their headers. */
export interface Matcher<T> {
  /** Why this is not the part of the task's block, undefined where it is. Keeps it there, if the block lacks it. */
  fit(task: BlockTask, part: T): Promise<string | undefined>
  /** Whether it may be the part of this block, which is cheaper to tell than `fit`. */
  mayFit(task: BlockTask, part: T, root: Uint8Array): boolean
  root(part: T): Promise<Uint8Array>
  /** What it is called in a log: `body`. */
  readonly name: string
}

/**
 * Hands the parts of an answer to the blocks that they were asked for, in that order. Nodes leave out what they do not have,
 * some by stopping there, some by going on with the next: so one that does not fit may be of a later block. One that fits none
 * is a lie.
 */
export async function deliver<T>(
  tasks: readonly BlockTask[],
  parts: readonly T[],
  match: Matcher<T>,
): Promise<Delivery> {
  const missing: Uint8Array[] = []
  let at = 0
  for (const [i, part] of parts.entries()) {
    const task = tasks[at]!
    const reason = await match.fit(task, part)
    if (reason !== undefined) {
      // So many of those asked for are not in the answer.
      const end = tasks.length - (parts.length - i)
      const found = await findLater(tasks, at + 1, end, part, match)
      if (found === undefined) {
        return { missing, fault: { task, reason: `sent a wrong ${match.name}: ${reason}` } }
      }
      for (const skipped of tasks.slice(at, found)) missing.push(skipped.hash)
      at = found
    }
    at++
  }
  if (parts.length === 0) missing.push(...tasks.map(({ hash }) => hash))
  return { missing }
}

/** The place of the first task from `first` to `last` that the part fits. */
async function findLater<T>(tasks: readonly BlockTask[], first: number, last: number, part: T, match: Matcher<T>) {
  if (first > last) return undefined
  const root = await match.root(part)
  for (let at = first; at <= last; at++) {
    const task = tasks[at]!
    if (match.mayFit(task, part, root) && (await match.fit(task, part)) === undefined) return at
  }
  return undefined
}

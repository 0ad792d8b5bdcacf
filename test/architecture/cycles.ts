// Import circles, type-only imports included: what can't be told one file after the other is one file too many.
import { filesOf, type Graph } from './graph.js'

/** A shortest circle for each group of files that import each other, as `a.ts -> b.ts -> a.ts`. */
export function importCircles({ imports }: Graph): string[] {
  const next = new Map<string, Set<string>>()
  for (const edge of imports) {
    const targets = next.get(edge.from) ?? new Set()
    for (const path of filesOf(edge)) targets.add(path)
    next.set(edge.from, targets)
  }
  const circles: string[] = []
  const told = new Set<string>()
  for (const file of [...next.keys()].sort()) {
    if (told.has(file)) continue
    const circle = wayBack(next, file)
    if (circle === undefined) continue
    for (const member of circle) told.add(member)
    circles.push(circle.join(' -> '))
  }
  return circles
}

/** The shortest way from a file back to itself. */
function wayBack(next: ReadonlyMap<string, ReadonlySet<string>>, start: string): string[] | undefined {
  const cameFrom = new Map<string, string>()
  const queue = [start]
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    for (const target of next.get(file) ?? []) {
      if (target === start) {
        const way = [file, start]
        for (let at = cameFrom.get(file); at !== undefined; at = cameFrom.get(at)) way.unshift(at)
        return way
      }
      if (cameFrom.has(target)) continue
      cameFrom.set(target, file)
      queue.push(target)
    }
  }
  return undefined
}

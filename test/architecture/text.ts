// Rules for text as text: how long a file is, and that it speaks of no one's machine.

/** Lines in a source file from which on it should tell less. */
export const LONG = 400
/** Lines above which it must. */
export const TOO_LONG = 450

const SOURCE = /\.(ts|tsx|mjs|js|css|go)$/

/** Source files over `limit` lines, longest first, as `path: lines`. */
export function filesOver(limit: number, files: ReadonlyMap<string, string>): string[] {
  return [...files]
    .filter(([path]) => SOURCE.test(path))
    .map(([path, text]) => ({ path, lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0) }))
    .filter(({ lines }) => lines > limit)
    .sort((a, b) => b.lines - a.lines)
    .map(({ path, lines }) => `${path}: ${lines} lines`)
}

/** Absolute paths that exist on one machine only; not as part of a URL or of a longer path. */
const MACHINE_PATH = /(?<![\w.:~@/-])\/(?:work|root|home\/\w+|Users\/\w+)\//

/** Where a file names a folder of somebody's machine, as `path:line`. */
export function machinePaths(files: ReadonlyMap<string, string>): string[] {
  return [...files].flatMap(([path, text]) =>
    MACHINE_PATH.test(text)
      ? text.split('\n').flatMap((line, i) => (MACHINE_PATH.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : []))
      : [],
  )
}

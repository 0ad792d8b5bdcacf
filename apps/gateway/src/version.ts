import { readFileSync } from 'node:fs'

// src/ and dist/ lie equally deep in the package.
const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

/** This package's version, such as `0.1.0`. */
export const version = manifest.version

/**
 * What a node says in Hello of what it is, in the way of geth: `ethspan/<identity>/v<version>/<platform>/<runtime>`. Bun and
 * Deno name the Node that they are like as well; a peer is told what it is.
 */
export function clientName(identity: string | undefined, versions: NodeJS.Dict<string> = process.versions): string {
  const own = identity === undefined ? [] : [identity]
  const runtime = ['bun', 'deno'].find((name) => versions[name] !== undefined) ?? 'node'
  const major = versions[runtime]?.split('.')[0]
  return ['ethspan', ...own, `v${version}`, `${process.platform}-${process.arch}`, `${runtime}${major}`].join('/')
}

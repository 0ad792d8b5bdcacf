// The built page, read once and served from memory. The usual servers of static files read each file when it is asked for
// and end the process where that fails: when the page is built anew under a running node, or by a range that runs backwards.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { EthspanError } from '@ethspan/core'
import { systemErrorText } from '@ethspan/node/data-dir'

/** Bytes of all files together; the page has less than one MiB. */
const MAX_PAGE_BYTES = 16 * 1024 * 1024

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}
/** What is compressed already. */
const packed = new Set(['.png', '.woff2'])

/** A file of the page, ready to be sent. */
export interface PageFile {
  readonly body: Buffer
  /** The same, compressed; undefined where that gains nothing. */
  readonly gzip: Buffer | undefined
  readonly etag: string
  readonly headers: Readonly<Record<string, string>>
}

/** Files by the path that they are asked for, such as `/assets/index-1a2b3c4d.js`; the page is `/`, `stats.html` is `/stats`. */
export type Page = ReadonlyMap<string, PageFile>

/**
 * Reads the page that was built into `folder`.
 * @throws {EthspanError} ERR_INVALID_OPTION where it can't be read or is larger than {@link MAX_PAGE_BYTES}
 */
export function readPage(folder: string): Page {
  const page = new Map<string, PageFile>()
  let bytes = 0
  try {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const file = path.join(entry.parentPath, entry.name)
      const body = readFileSync(file)
      bytes += body.length
      if (bytes > MAX_PAGE_BYTES) throw new Error(`it has more than ${MAX_PAGE_BYTES} bytes`)
      const name = `/${path.relative(folder, file).split(path.sep).join('/')}`
      page.set(pathOf(name), pageFile(name, body))
    }
  } catch (cause) {
    const message = `can't read the page in ${folder}: ${systemErrorText(cause)}`
    throw new EthspanError('ERR_INVALID_OPTION', message, { cause })
  }
  return page
}

/** Pages are asked for without their ending. */
const pathOf = (name: string) => (name === '/index.html' ? '/' : name.replace(/\.html$/, ''))

function pageFile(name: string, body: Buffer): PageFile {
  const extension = path.posix.extname(name)
  const small = packed.has(extension) ? body : gzipSync(body)
  // Vite puts a hash of its content into the name of every file in assets/.
  const isHashed = name.startsWith('/assets/')
  return {
    body,
    gzip: small.length < body.length ? small : undefined,
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`,
    headers: {
      'Content-Type': types[extension] ?? 'application/octet-stream',
      'Cache-Control': isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
      Vary: 'Accept-Encoding',
    },
  }
}

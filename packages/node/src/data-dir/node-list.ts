import { readFileSync } from 'node:fs'
import { asError, Enode } from '@ethspan/core'
import { systemCode, systemErrorText } from './system-error.js'

/** Bytes: some thousands of URLs. A larger file is something else. */
const MAX_LIST_BYTES = 1024 * 1024

/**
 * The node URLs of a file such as `static-nodes.json`: a JSON array, as geth 1.9 read it. None where there is no file. An entry
 * that can't be read is left out, and said in `notes`, one line each; empty ones mean nothing, as in geth.
 */
export function readNodeList(file: string, notes: string[]): readonly string[] {
  const entries = readArray(file, notes)
  return entries.flatMap((entry, i) => {
    if (entry === '') return []
    try {
      if (typeof entry !== 'string') throw new TypeError('it is not a text')
      Enode.parse(entry)
      return [entry]
    } catch (error) {
      notes.push(`${file}: entry ${i} is left out: ${asError(error).message}`)
      return []
    }
  })
}

function readArray(file: string, notes: string[]): readonly unknown[] {
  try {
    const text = readFileSync(file, 'utf8')
    if (text.length > MAX_LIST_BYTES) throw new TypeError(`it has more than ${MAX_LIST_BYTES} bytes`)
    const list = JSON.parse(text) as unknown
    if (!Array.isArray(list)) throw new TypeError('it is not a JSON array of node URLs')
    return list
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    const [why] = systemErrorText(error).split('\n')
    notes.push(`${file} is left out: ${why}`)
    return []
  }
}

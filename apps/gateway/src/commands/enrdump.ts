// `ethspan enrdump`: what a node record says, as geth's `devp2p enrdump` shows it.
import { existsSync, readFileSync } from 'node:fs'
import { asError, bytesToHex, ENR, Enode, EthspanError, hexToBytes, type RlpItem } from '@ethspan/core'
import { systemErrorText } from '@ethspan/node/data-dir'
import { json, type Output } from './output.js'

/** Bytes read of a file or of standard input: a record has at most 300, and twice as many hex digits. */
const MAX_INPUT = 4096

export interface EnrDump {
  /** `enr:…`, hex digits, a file with either, or `-` for standard input. */
  readonly source: string
  readonly json: boolean
}

/** @throws {EthspanError} ERR_INVALID_ENR; ERR_INVALID_OPTION for a file that can't be read */
export function enrdump({ source, json: asJson }: EnrDump, { out }: Output): void {
  const record = readRecord(source)
  out(asJson ? json(plain(record)) : describe(record))
}

function readRecord(source: string): ENR {
  if (source === '-') return parseRecord(readText(0, 'standard input'))
  if (!source.startsWith('enr:') && existsSync(source)) return parseRecord(readText(source, source))
  return parseRecord(source)
}

/** Text forms of a record: with and without `enr:`, and its bytes in hex. */
function parseRecord(text: string): ENR {
  const trimmed = text.trim()
  if (/^(0x)?f[89][0-9a-f]+$/i.test(trimmed) && trimmed.length % 2 === 0) {
    return ENR.decode(hexToBytes(trimmed.replace(/^0x/i, '')))
  }
  const isBare = /^-[A-Za-z0-9_-]+$/.test(trimmed)
  return ENR.parse(isBare ? `enr:${trimmed}` : trimmed)
}

function readText(file: string | 0, name: string): string {
  let text: string
  try {
    text = readFileSync(file, 'latin1')
  } catch (cause) {
    throw new EthspanError('ERR_INVALID_OPTION', `can't read ${name}: ${systemErrorText(asError(cause))}`, { cause })
  }
  if (text.length > MAX_INPUT) {
    throw new EthspanError('ERR_INVALID_ENR', `${name} is not a node record: it has ${text.length} bytes`)
  }
  return text
}

function plain(record: ENR) {
  return {
    id: record.id,
    seq: record.seq.toString(),
    size: record.encode().length,
    urls: Enode.fromRecord(record).urls,
    entries: Object.fromEntries([...record.entries].map(([key, value]) => [key, readable(record, key, value)])),
    enr: record.toString(),
  }
}

function describe(record: ENR): string {
  const { id, seq, size, urls, entries } = plain(record)
  const pairs = Object.entries(entries)
  const width = Math.max(...pairs.map(([key]) => key.length)) + 2
  const lines = [
    `Node ID:  ${id}`,
    ...(urls.length === 0
      ? [`URL:      ${Enode.fromRecord(record).toString()}`]
      : urls.map((url) => `URL:      ${url}`)),
    `Record:   sequence number ${seq}, ${pairs.length} key/value pairs, ${size} bytes, valid signature`,
    '',
    ...pairs.map(([key, value]) => `  ${key.padEnd(width)}${value}`),
    '',
  ]
  return lines.join('\n')
}

const KNOWN = ['ip', 'ip6', 'tcp', 'tcp6', 'udp', 'udp6', 'ws'] as const

/** What the value means where the key is known, else its RLP content in hex. */
function readable(record: ENR, key: string, value: RlpItem): string | number {
  const known = KNOWN.find((name) => name === key)
  const meaning = known === undefined ? undefined : record[known]
  if (meaning !== undefined) return meaning
  if (key === 'id' && value instanceof Uint8Array) return new TextDecoder().decode(value)
  return hex(value)
}

const hex = (value: RlpItem): string =>
  value instanceof Uint8Array ? `0x${bytesToHex(value)}` : `[${value.map(hex).join(', ')}]`

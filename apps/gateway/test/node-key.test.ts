import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { bytesToHex } from '@ethspan/core'
import { describe, expect, test } from 'vitest'
import { defaultDataDir } from '../src/config.js'
import { LOCK_FILE } from '../src/data-dir.js'
import { KEY_FILE, openNodeKey } from '../src/node-key.js'
import { temporaryFolder } from './support.js'

const hex = 'b71c71a67e1177ad4e901695e1b4b9ee17ae16c6668d313eac2f96dbcda3f291'
const isPosix = process.platform !== 'win32'

const open = (dataDir: string) => openNodeKey({ kind: 'datadir', dataDir })

describe('a key in a data directory', () => {
  test('is made at the first start and the same at the next', () => {
    const dataDir = path.join(temporaryFolder(), 'made', 'anew')
    const first = open(dataDir)
    first.release()
    const second = open(dataDir)
    second.release()
    expect(bytesToHex(second.privateKey)).toBe(bytesToHex(first.privateKey))
    expect(readFileSync(path.join(dataDir, KEY_FILE), 'utf8')).toBe(bytesToHex(first.privateKey))
    expect(readdirSync(dataDir)).toEqual([KEY_FILE])
  })

  test.runIf(isPosix)('is its owner’s alone', () => {
    const dataDir = path.join(temporaryFolder(), 'd')
    open(dataDir).release()
    expect(statSync(dataDir).mode & 0o777).toBe(0o700)
    expect(statSync(path.join(dataDir, KEY_FILE)).mode & 0o777).toBe(0o600)
    chmodSync(path.join(dataDir, KEY_FILE), 0o644)
    const again = open(dataDir)
    again.release()
    expect(again.note).toContain('could be read by others')
    expect(statSync(path.join(dataDir, KEY_FILE)).mode & 0o777).toBe(0o600)
  })

  test.each([
    ['nothing', ''],
    ['too little', hex.slice(2)],
    ['other digits', hex.replace('b', 'x')],
    ['zero', '0'.repeat(64)],
    ['a book', 'a'.repeat(5000)],
    ['a key and more', `${hex} # my key`],
  ])('that holds %s is refused by name, and left alone', (_, content) => {
    const dataDir = temporaryFolder()
    const file = path.join(dataDir, KEY_FILE)
    writeFileSync(file, content)
    expect(() => open(dataDir)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_KEY' }))
    expect(() => open(dataDir)).toThrow(file)
    expect(readFileSync(file, 'utf8')).toBe(content)
    expect(existsSync(path.join(dataDir, LOCK_FILE))).toBe(false)
  })

  test('of a directory that another node uses is not taken: a new one, and it says so', () => {
    const dataDir = temporaryFolder()
    const first = open(dataDir)
    const second = open(dataDir)
    expect(bytesToHex(second.privateKey)).not.toBe(bytesToHex(first.privateKey))
    expect(second.note).toContain(`in use by process ${process.pid}`)
    second.release()
    expect(existsSync(path.join(dataDir, LOCK_FILE))).toBe(true)
    first.release()
    first.release()
    expect(existsSync(path.join(dataDir, LOCK_FILE))).toBe(false)
  })

  test.each([
    ['a process that is gone', () => `${spawnSync(process.execPath, ['--version']).pid} 0 x\n`],
    ['an earlier process with our number', () => `${process.pid} 12345 x\n`],
    ['a writer that was cut off', () => ''],
    ['no process at all', () => '-1 0 x\n'],
  ])('is taken over from %s', (_, lock) => {
    const dataDir = temporaryFolder()
    writeFileSync(path.join(dataDir, LOCK_FILE), lock())
    const key = open(dataDir)
    expect(key.note).toBeUndefined()
    key.release()
    expect(readdirSync(dataDir)).toEqual([KEY_FILE])
  })

  test('in a place that is none: one line that says what to do', () => {
    const file = path.join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    expect(() => open(file)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
    expect(() => open(path.join(file, 'below'))).toThrow(/^can't use the data directory .*below: [a-z ]+$/)
  })
})

describe('a key given otherwise', () => {
  test('as a file, with a line break as editors leave it', () => {
    const file = path.join(temporaryFolder(), 'key')
    writeFileSync(file, `${hex}\r\n`)
    expect(bytesToHex(openNodeKey({ kind: 'file', path: file }).privateKey)).toBe(hex)
  })

  test('as a file that is not there', () => {
    expect(() => openNodeKey({ kind: 'file', path: '/nowhere/key' })).toThrow(
      "can't read the node key /nowhere/key: it does not exist",
    )
  })

  test('as hex digits, with or without 0x; the message of a wrong one does not show it', () => {
    for (const text of [hex, `0x${hex}`])
      expect(bytesToHex(openNodeKey({ kind: 'hex', hex: text }).privateKey)).toBe(hex)
    const wrong = `${hex}ff`
    expect(() => openNodeKey({ kind: 'hex', hex: wrong })).toThrow(/^the value of --nodekeyhex is not a node key/)
    expect(() => openNodeKey({ kind: 'hex', hex: wrong })).not.toThrow(wrong)
  })
})

test.each([
  ['linux', {}, '/homes/me/.local/share/ethspan'],
  ['linux', { XDG_DATA_HOME: '/data' }, '/data/ethspan'],
  ['linux', { XDG_DATA_HOME: 'relative' }, '/homes/me/.local/share/ethspan'],
  ['darwin', {}, '/homes/me/Library/Application Support/ethspan'],
  ['win32', { LOCALAPPDATA: 'C:\\Local' }, 'C:\\Local\\ethspan'],
] as const)('the default place on %s with %j', (platform, env, expected) => {
  expect(defaultDataDir(platform, env, '/homes/me')).toBe(expected)
})

import { readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { bytesToHex } from '@ethspan/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { defaultDataDir, type KeySource } from '../src/config.js'
import { openHome } from '../src/home.js'
import { temporaryFolder } from './support.js'

const hex = 'b71c71a67e1177ad4e901695e1b4b9ee17ae16c6668d313eac2f96dbcda3f291'

async function open(over: { dataDir?: string; key?: KeySource; ifLocked?: 'refuse' | 'do-without' } = {}) {
  const home = await openHome({ dataDir: temporaryFolder(), ifLocked: 'refuse', ...over })
  onTestFinished(async () => {
    await home.dataDir?.close()
  })
  return { ...home, keyHex: bytesToHex(home.privateKey) }
}

describe('the key', () => {
  test('is the data directory’s, the same at the next start', async () => {
    const dataDir = path.join(temporaryFolder(), 'made', 'anew')
    const first = await open({ dataDir })
    await first.dataDir?.close()
    expect((await open({ dataDir })).keyHex).toBe(first.keyHex)
  })

  test('is that of a file, with a line break as editors leave it', async () => {
    const file = path.join(temporaryFolder(), 'key')
    writeFileSync(file, `${hex}\r\n`)
    expect((await open({ key: { kind: 'file', path: file } })).keyHex).toBe(hex)
  })

  test('of a file that is not there, or is none, is refused before anything is made', async () => {
    const dataDir = temporaryFolder()
    await expect(open({ dataDir, key: { kind: 'file', path: '/nowhere/key' } })).rejects.toThrow(
      "can't read the node key /nowhere/key: it does not exist",
    )
    expect(readdirSync(dataDir)).toEqual([])
  })

  test('is that of hex digits, with or without 0x; the message of a wrong one does not show it', async () => {
    for (const text of [hex, `0x${hex}`]) expect((await open({ key: { kind: 'hex', hex: text } })).keyHex).toBe(hex)
    const wrong = open({ key: { kind: 'hex', hex: `${hex}ff` } })
    await expect(wrong).rejects.toThrow(/^the value of --nodekeyhex is not a node key/)
    await expect(wrong).rejects.not.toThrow(hex)
  })
})

describe('a data directory that is in use', () => {
  test('is refused, with what to do', async () => {
    const dataDir = temporaryFolder()
    await open({ dataDir })
    await expect(open({ dataDir })).rejects.toMatchObject({
      code: 'ERR_DATA_DIR',
      hint: 'End that one, join it with --peers, or name another directory with --datadir.',
    })
  })

  test('is done without where that is allowed: a key and a store for this run, and a note', async () => {
    const dataDir = temporaryFolder()
    const first = await open({ dataDir })
    const second = await open({ dataDir, ifLocked: 'do-without' })
    expect(second.keyHex).not.toBe(first.keyHex)
    expect(second.store).toBeDefined()
    expect(second.notes).toEqual([expect.stringMatching(/in use by process \d+, so this node has a new key/)])
    const third = await open({ dataDir, ifLocked: 'do-without', key: { kind: 'hex', hex } })
    expect(third.keyHex).toBe(hex)
    expect(third.notes).toEqual([expect.stringContaining('keeps nothing')])
  })
})

test('a data directory that can’t be used is refused in any case', async () => {
  const file = path.join(temporaryFolder(), 'file')
  writeFileSync(file, '')
  await expect(open({ dataDir: path.join(file, 'below'), ifLocked: 'do-without' })).rejects.toMatchObject({
    message: expect.stringMatching(/^can't use the data directory .*below: [a-z ]+$/),
    hint: 'Name another one with --datadir.',
  })
})

test.each([
  ['linux', {}, '/homes/me/.local/share/ethspan'],
  ['linux', { XDG_DATA_HOME: '/data' }, '/data/ethspan'],
  ['linux', { XDG_DATA_HOME: 'relative' }, '/homes/me/.local/share/ethspan'],
  ['darwin', {}, '/homes/me/Library/Application Support/ethspan'],
  ['win32', { LOCALAPPDATA: 'C:\\Local' }, 'C:\\Local\\ethspan'],
] as const)('the default place on %s with %j', (platform, env, expected) => {
  expect(defaultDataDir(platform, env, () => '/homes/me')).toBe(expected)
})

test.each([
  ['an empty HOME', () => ''],
  [
    'a number that is no user’s',
    () => {
      throw new Error('uv_os_homedir returned ENOENT')
    },
  ],
])('there is no default place with %s, unless the environment names one', (_, homeOf) => {
  expect(defaultDataDir('linux', {}, homeOf)).toBeUndefined()
  expect(defaultDataDir('darwin', {}, homeOf)).toBeUndefined()
  expect(defaultDataDir('win32', {}, homeOf)).toBeUndefined()
  expect(defaultDataDir('linux', { XDG_DATA_HOME: '/data' }, homeOf)).toBe('/data/ethspan')
})

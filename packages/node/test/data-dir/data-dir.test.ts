import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { bytesToHex } from '@ethspan/core'
import { MemoryNetwork } from '@ethspan/core/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openDataDir } from '../../src/data-dir/index.js'
import type { DataDir } from '../../src/index.js'
import { failure, idler, memoryNode, recorder } from '../support.js'
import { temporaryFolder, unprivileged } from './support.js'

const isPosix = process.platform !== 'win32'
const hex = 'b71c71a67e1177ad4e901695e1b4b9ee17ae16c6668d313eac2f96dbcda3f291'
const url = (port: number) =>
  `enode://79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8@127.0.0.1:${port}`

async function open(folder: string): Promise<DataDir> {
  const dataDir = await openDataDir(folder)
  onTestFinished(() => dataDir.close())
  return dataDir
}

/** A directory with these files in its instance directory. */
function prepared(files: Record<string, string>): string {
  const folder = temporaryFolder()
  mkdirSync(path.join(folder, 'ethspan'))
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, 'ethspan', name), text)
  return folder
}

const oneLine = expect.not.stringContaining('\n')

describe('a data directory', () => {
  test('is made with a key and a store, which the next start finds again', async () => {
    const folder = path.join(temporaryFolder(), 'made', 'anew')
    const first = await open(folder)
    const key = first.nodeKey()
    expect(first.path).toBe(folder)
    expect(first.instancePath).toBe(path.join(folder, 'ethspan'))
    await first.store.put('k', Uint8Array.of(7))
    await first.close()
    await first.close()
    expect(readdirSync(first.instancePath).sort()).toEqual(['db', 'nodekey'])
    expect(readFileSync(path.join(first.instancePath, 'nodekey'), 'utf8')).toBe(bytesToHex(key))

    const second = await open(folder)
    expect(bytesToHex(second.nodeKey())).toBe(bytesToHex(key))
    expect([...((await second.store.get('k')) ?? [])]).toEqual([7])
    expect(second.notes).toEqual([])
  })

  test.runIf(isPosix)('is its owner’s alone', async () => {
    const folder = path.join(temporaryFolder(), 'd')
    const first = await open(folder)
    first.nodeKey()
    await first.close()
    const file = path.join(first.instancePath, 'nodekey')
    const mode = (of: string) => statSync(of).mode & 0o777
    expect([mode(folder), mode(first.instancePath), mode(file)]).toEqual([0o700, 0o700, 0o600])
    chmodSync(file, 0o644)
    expect((await open(folder)).notes).toEqual([`${file} could be read by others; now only its owner can.`])
    expect(mode(file)).toBe(0o600)
  })

  test('keeps the key of a node that had it one folder above', async () => {
    const folder = temporaryFolder()
    writeFileSync(path.join(folder, 'nodekey'), hex)
    expect(bytesToHex((await open(folder)).nodeKey())).toBe(hex)
    expect(existsSync(path.join(folder, 'nodekey'))).toBe(false)
  })

  test.each([
    ['nothing', ''],
    ['too little', hex.slice(2)],
    ['other digits', hex.replace('b', 'x')],
    ['zero', '0'.repeat(64)],
    ['a book', 'a'.repeat(5000)],
  ])('with a key file that holds %s names it, and leaves it alone', async (_, content) => {
    const folder = prepared({ nodekey: content })
    const file = path.join(folder, 'ethspan', 'nodekey')
    const dataDir = await open(folder)
    expect(() => dataDir.nodeKey()).toThrow(expect.objectContaining({ code: 'ERR_INVALID_KEY', message: oneLine }))
    expect(() => dataDir.nodeKey()).toThrow(file)
    expect(readFileSync(file, 'utf8')).toBe(content)
  })

  test('is closed with the node that was given it', async () => {
    const dataDir = await open(temporaryFolder())
    const node = memoryNode({ dataDir })
    await node.start()
    expect(bytesToHex(node.server.localNode.publicKey)).toHaveLength(128)
    expect(existsSync(path.join(dataDir.instancePath, 'nodekey'))).toBe(true)
    await node.stop()
    await (await open(dataDir.path)).close()
  })
})

describe('a directory that is in use', () => {
  test('is refused in one line that names the process; free again, it is taken', async () => {
    const first = await open(temporaryFolder())
    const error = await failure(openDataDir(first.path))
    expect(error).toMatchObject({
      code: 'ERR_DATA_DIR',
      message: `the data directory ${first.path} is in use by this process`,
      fields: { dataDir: first.path, pid: process.pid },
    })
    await first.close()
    await (await open(first.path)).close()
  })

  test.each([
    ['of a process that is gone', () => `${spawnSync(process.execPath, ['--version']).pid}\n`],
    ['with the number of a living process', () => `${process.ppid}\n`],
    ['of a writer that was cut off', () => ''],
  ])('is not to be had from a file %s alone', async (_, text) => {
    const folder = prepared({ LOCK: text() })
    const dataDir = await open(folder)
    expect(readFileSync(path.join(dataDir.instancePath, 'LOCK'), 'utf8')).toBe(`${process.pid}\n`)
  })
})

describe('a directory that can’t be used gives one line', () => {
  test.runIf(existsSync('/proc/self'))('where the system makes no folders', async () => {
    const error = await failure(openDataDir('/proc/ethspan/data'))
    expect(error).toMatchObject({
      code: 'ERR_DATA_DIR',
      message: "can't use the data directory /proc/ethspan/data: the system makes no folder in /proc",
    })
  })

  test.each([
    ['a file', '', 'it is not a directory|a part of the path is not a directory'],
    ['below a file', 'below', 'a part of the path is not a directory'],
  ])('%s', async (_, below, why) => {
    const file = path.join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    const error = await failure(openDataDir(path.join(file, below)))
    expect(error).toMatchObject({ code: 'ERR_DATA_DIR', fields: { dataDir: path.join(file, below) } })
    expect(error.message).toMatch(new RegExp(`^can't use the data directory \\S+: (${why})$`))
  })

  test.runIf(isPosix)('read-only, new or not', async () => {
    const folder = temporaryFolder()
    await (await openDataDir(folder)).close()
    chmodSync(path.join(folder, 'ethspan'), 0o555)
    chmodSync(folder, 0o555)
    for (const dataDir of [folder, path.join(folder, 'new')]) {
      const error = await failure(unprivileged(() => openDataDir(dataDir)))
      expect(error).toMatchObject({
        code: 'ERR_DATA_DIR',
        message: `can't use the data directory ${dataDir}: permission denied`,
      })
    }
  })

  test('written by a newer version', async () => {
    const folder = temporaryFolder()
    const dataDir = await open(folder)
    await dataDir.store.sublevel<string, Uint8Array>('node', { valueEncoding: 'view' }).put('schema', Uint8Array.of(50))
    await dataDir.close()
    const error = await failure(openDataDir(folder))
    expect(error).toMatchObject({ code: 'ERR_DATA_DIR', hint: expect.stringContaining('version') })
    expect(error.message).toMatch(/^can't use the data directory \S+: the node's store has layout 2, .* above 1$/)
  })

  test('with a store that is no folder', async () => {
    const error = await failure(openDataDir(prepared({ db: 'a file' })))
    expect(error).toMatchObject({ code: 'ERR_DATA_DIR', message: oneLine })
  })
})

describe('lists of nodes', () => {
  test('are read; a bad entry is named and the rest is used', async () => {
    const folder = prepared({
      'static-nodes.json': JSON.stringify([url(1), '', 'enode://x', 7, url(2)]),
      'trusted-nodes.json': `[\n  "${url(3)}"\n]`,
    })
    const dataDir = await open(folder)
    const file = path.join(folder, 'ethspan', 'static-nodes.json')
    expect(dataDir.staticNodes).toEqual([url(1), url(2)])
    expect(dataDir.trustedNodes).toEqual([url(3)])
    expect(dataDir.notes).toEqual([
      expect.stringMatching(new RegExp(`^${file}: entry 2 is left out: .+$`)),
      `${file}: entry 3 is left out: it is not a text`,
    ])
  })

  test.each([
    ['no JSON', '["enode://', /static-nodes\.json is left out: .*JSON.*$/],
    ['no array', '{}', /static-nodes\.json is left out: it is not a JSON array of node URLs$/],
    ['a book', `"${'x'.repeat(1 << 20)}"`, /static-nodes\.json is left out: it has more than \d+ bytes$/],
  ])('that are %s are left out with one warning', async (_, text, warning) => {
    const dataDir = await open(prepared({ 'static-nodes.json': text }))
    expect(dataDir.staticNodes).toEqual([])
    expect(dataDir.notes).toEqual([expect.stringMatching(warning)])
    expect(dataDir.notes[0]).toEqual(oneLine)
  })

  test('are the node’s static and trusted nodes, and its warnings', async () => {
    const network = new MemoryNetwork()
    const other = memoryNode({ network, address: '127.0.0.1:30303' })
    other.register(idler)
    await other.start()
    const folder = prepared({
      'static-nodes.json': JSON.stringify([`${other.server.self}`, 'x']),
      'trusted-nodes.json': JSON.stringify([`${other.server.self}`]),
    })
    const { log, lines } = recorder()
    const dataDir = await open(folder)
    const node = memoryNode({ dataDir, log, network })
    node.register(idler)
    await node.start()
    await expect.poll(() => node.server.peers).toMatchObject([{ static: true, trusted: true }])
    await node.stop()
    await other.stop()
    expect(dataDir.notes).toHaveLength(1)
    expect(lines.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual(dataDir.notes)
  })
})

// The program as people run it, built: a process of its own.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, cpSync, existsSync, mkdirSync, openSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { bin, dataDir, PATIENCE, run, said, startNode } from './program.js'
import { temporaryFolder } from './support.js'

const isPosix = process.platform !== 'win32'

test('a checkout that is not built says so in one line', { timeout: PATIENCE }, async () => {
  const folder = temporaryFolder()
  mkdirSync(path.join(folder, 'bin'))
  cpSync(bin, path.join(folder, 'bin', 'ethspan.mjs'))
  const { code, out, err } = await run([], { script: path.join(folder, 'bin', 'ethspan.mjs') }).ended
  expect([code, out, err]).toEqual([1, '', 'ethspan: this checkout is not built yet; run npm run build first\n'])
})

describe('what can’t work is one line on standard error', { timeout: PATIENCE }, () => {
  test('a flag that does not exist: exit code 2', async () => {
    const { code, out, err } = await run(['--nope']).ended
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(/^ethspan: unknown option '--nope'[^\n]*\n$/)
  })

  test('a bad key: exit code 1', async () => {
    const { code, out, err } = await run(['--nodekeyhex', '12']).ended
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(/^ethspan: the value of --nodekeyhex is not a node key[^\n]*\n$/)
  })

  test('a data directory that another node uses: exit code 1, named by default or not', async () => {
    const dataHome = temporaryFolder()
    const folder = path.join(dataHome, 'ethspan')
    const { enode, child } = await startNode('--datadir', folder)
    for (const args of [[], ['--datadir', folder], ['--datadir', folder, '--peers', enode]]) {
      const { code, out, err } = await run([...args, '--port', '0', '--web.port', '0'], { dataHome }).ended
      expect([code, out]).toEqual([1, ''])
      expect(err).toMatch(
        new RegExp(
          `^ethspan: the data directory ${folder} is in use by process ${child.pid}\\. [^\\n]*--datadir[^\\n]*\\n$`,
        ),
      )
    }
  })

  test('a data directory that can’t be written: exit code 1', async () => {
    const { code, out, err } = await run([]).ended
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(/^ethspan: can't use the data directory \/dev\/null\/ethspan: [^\n]*--datadir[^\n]*\n$/)
  })

  test.each([
    ['a name that there is not', 'prot = 1', 'there is no flag called prot'],
    ['a value that is none', 'port = "x"', 'port: It is not a number from 0 to 65535.'],
    ['what is not TOML', 'port =', ''],
  ])('a config file with %s: exit code 1', async (_, text, why) => {
    const file = path.join(temporaryFolder(), 'config.toml')
    writeFileSync(file, text)
    const { code, out, err } = await run(['--config', file]).ended
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(/^ethspan: [^\n]*config\.toml[^\n]*\n$/)
    expect(err).toContain(why)
  })

  test('a busy port: exit code 1', async () => {
    const { enode } = await startNode('--datadir', dataDir())
    const port = enode.split(':').at(-1) as string
    const { code, out, err } = await run(['--datadir', dataDir(), '--port', port, '--web.port', '0']).ended
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(new RegExp(`^ethspan: [^\\n]*${port}[^\\n]*--port[^\\n]*\\n$`))
  })
})

describe.runIf(isPosix)('a running node', { timeout: PATIENCE }, () => {
  test('says goodbye on Ctrl-C, exits with 0 and gives its data directory back', async () => {
    const dataHome = temporaryFolder()
    const folder = path.join(dataHome, 'ethspan')
    const first = await startNode('--datadir', folder)
    const second = run(['--peers', first.enode], { dataHome })
    await said(second, 'out', /in use by process/)
    await said(first, 'err', /peer connected/)
    first.child.kill('SIGINT')
    expect(await first.ended).toMatchObject({ code: 0, signal: null })
    await said(second, 'err', /peer gone.*client quitting.*"by":"peer"/)
    expect(readdirSync(folder)).toEqual(['ethspan'])
    expect(readdirSync(path.join(folder, 'ethspan')).sort()).toEqual(['db', 'nodekey'])
    second.child.kill('SIGTERM')
    expect(await second.ended).toMatchObject({ code: 0, signal: null })
  })

  test('that was killed comes back as who it was, and dials whom it knew', async () => {
    const folder = dataDir()
    const other = await startNode('--datadir', dataDir())
    const first = await startNode('--datadir', folder, '--peers', other.enode)
    await said(first, 'err', /peer connected/)
    // An answer comes after what was under way before, such as noting who is connected.
    expect(await run(['attach', path.join(folder, 'ethspan.ipc'), '--exec', 'net.peerCount']).ended).toMatchObject({
      out: '1\n',
    })
    first.child.kill('SIGKILL')
    await first.ended
    const second = await startNode('--datadir', folder)
    expect(second.enode.split('@')[0]).toBe(first.enode.split('@')[0])
    expect(second.output.out).not.toContain('in use')
    await said(second, 'err', /peer connected.*"direction":"out"/)
  })

  test('goes on when nobody reads its output any more', async () => {
    const node = await startNode('--datadir', dataDir())
    node.child.stdout?.destroy()
    node.child.stderr?.destroy()
    node.child.kill('SIGINT')
    const [code] = await once(node.child, 'exit')
    expect(code).toBe(0)
  })

  test('logs JSON for machines', async () => {
    const node = await startNode('--datadir', dataDir(), '--log.format', 'json')
    node.child.kill('SIGINT')
    const { err } = await node.ended
    const lines = err
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(lines).toContainEqual(expect.objectContaining({ level: 'info', msg: 'saying goodbye', peers: 0 }))
  })
})

/** Takes nothing: every write says that the disk is full. */
const FULL = '/dev/full'

describe.runIf(existsSync(FULL))('on a full disk', { timeout: PATIENCE }, () => {
  /** The program with one of its streams on the full disk; `text` is what it says on the other. */
  function runOnto(stream: 'stdout' | 'stderr', args: readonly string[]) {
    const full = openSync(FULL, 'w')
    const child = spawn(process.execPath, [bin, ...args], {
      stdio: stream === 'stdout' ? ['ignore', full, 'pipe'] : ['ignore', 'pipe', full],
    })
    closeSync(full)
    onTestFinished(() => {
      child.kill('SIGKILL')
    })
    let text = ''
    const other = stream === 'stdout' ? child.stderr : child.stdout
    other?.on('data', (chunk) => {
      text += chunk
    })
    return { child, text: () => text, ended: once(child, 'close').then(([code]) => code as number) }
  }

  test('what was asked for and can’t be written is one line, exit code 1', async () => {
    const asked = runOnto('stdout', ['--version'])
    expect(await asked.ended).toBe(1)
    expect(asked.text()).toBe("ethspan: can't write to standard output: no space left on the device\n")
  })

  test('a node goes on without its log', async () => {
    const args = ['--datadir', dataDir(), '--port', '0', '--web.port', '0', '--no-page', '--no-dev', '--verbosity', '5']
    const node = runOnto('stderr', args)
    await expect.poll(node.text, { timeout: PATIENCE / 2 }).toContain('Ctrl-C')
    node.child.kill('SIGINT')
    expect(await node.ended).toBe(0)
  })
})

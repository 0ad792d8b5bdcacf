// import, export, removedb and run --import, as people run them: processes of their own, built.
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { chainFileBlock } from '@ethspan/chain'
import { testBlocks, testSpec } from '@ethspan/chain/testing'
import { connect } from '@ethspan/rpc/endpoints'
import { describe, expect, test } from 'vitest'
import { genesisJson } from '../src/chain/genesis-json.js'
import { dataDir, PATIENCE, run, said, startNode } from './program.js'
import { temporaryFolder } from './support.js'

/** A chain in files: its genesis.json, and its blocks. */
async function chainOf(count: number, transactions = 1) {
  const folder = temporaryFolder()
  const spec = testSpec()
  const blocks = [spec.genesis, ...(await testBlocks({ count, transactions }))]
  const [genesis, file] = [path.join(folder, 'genesis.json'), path.join(folder, 'chain.rlp')]
  writeFileSync(genesis, genesisJson(spec) ?? '')
  writeFileSync(file, Buffer.concat(blocks.map((block) => chainFileBlock(block))))
  return { genesis, file, folder, hash: `0x${Buffer.from(blocks.at(-1)!.hash).toString('hex')}` }
}

describe('import and export', { timeout: PATIENCE }, () => {
  test('there and back: the same file, and what is known is passed over', async () => {
    const { genesis, file, folder, hash } = await chainOf(40)
    const place = ['--genesis', genesis, '--datadir', dataDir()]
    const first = await run(['import', file, ...place]).ended
    expect(first).toMatchObject({ code: 0, err: '' })
    expect(first.out).toMatch(
      new RegExp(`^40 blocks imported in .* 1 known already\\.\nThe head is block 40, ${hash}\\.\n$`),
    )
    expect((await run(['import', file, ...place]).ended).out).toMatch(/^0 blocks imported .* 41 known already\./)

    const [copy, packed] = [path.join(folder, 'copy.rlp'), path.join(folder, 'part.rlp.gz')]
    expect((await run(['export', copy, ...place]).ended).out).toMatch(/^Blocks 0 to 40 are in \S+copy\.rlp, written in/)
    expect(readFileSync(copy).equals(readFileSync(file))).toBe(true)
    expect((await run(['export', packed, '1', '5', ...place]).ended).out).toContain('Blocks 1 to 5 are in')
    const other = await run(['import', packed, '--genesis', genesis, '--datadir', dataDir()]).ended
    expect(other.out).toContain('5 blocks imported')
  })

  test('Ctrl-C stops an import, its exit code says so, and the same command goes on from there', async () => {
    const { genesis, file, hash } = await chainOf(3_000, 0)
    const args = ['import', file, '--genesis', genesis, '--datadir', dataDir()]
    const importing = run(args)
    const folder = path.join(args.at(-1)!, 'ethspan', 'chaindata')
    await expect.poll(() => existsSync(folder), { timeout: 30_000, interval: 10 }).toBe(true)
    importing.child.kill('SIGINT')
    const stopped = await importing.ended
    expect(stopped).toMatchObject({ code: 130, err: '' })
    expect(stopped.out).toMatch(/Stopped before the end: the same command goes on from here\.\n$/)
    const done = await run(args).ended
    expect(done.out).toContain(`The head is block 3000, ${hash}.`)
    const count = (text: string) => Number(/^(\d+) blocks? imported/m.exec(text)?.[1])
    expect(count(stopped.out) + count(done.out)).toBe(3_000)
  })

  test('a process that is killed in the middle loses nothing that it told to have', async () => {
    const { genesis, file, hash } = await chainOf(3_000, 0)
    const args = ['import', file, '--genesis', genesis, '--datadir', dataDir()]
    const importing = run(args)
    const folder = path.join(args.at(-1)!, 'ethspan', 'chaindata')
    await expect.poll(() => existsSync(folder), { timeout: 30_000, interval: 10 }).toBe(true)
    importing.child.kill('SIGKILL')
    await once(importing.child, 'exit')
    expect((await run(args).ended).out).toContain(`The head is block 3000, ${hash}.`)
  })

  test.each([
    ['a file that is not there', ['import', 'none.rlp'], /^ethspan: can't read none\.rlp: it does not exist\n$/],
    [
      'chain data that is not there',
      ['export', 'x.rlp'],
      /^ethspan: there is no chain data in \S+\. Name the data directory of a node with --datadir\.\n$/,
    ],
    [
      'a genesis that is not there',
      ['import', process.execPath, '--genesis', 'none.json'],
      /^ethspan: can't use the genesis file none\.json: it does not exist\n$/,
    ],
  ])('%s: one line, exit code 1', async (_, args, line) => {
    const { code, out, err } = await run([...args, '--datadir', dataDir()]).ended
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(line)
  })

  test('nothing is made where a file is not there, or there is nothing to export', async () => {
    const place = dataDir()
    for (const command of [
      ['import', 'none.rlp'],
      ['export', 'x.rlp'],
    ]) {
      expect(await run([...command, '--datadir', place]).ended).toMatchObject({ code: 1 })
    }
    expect(existsSync(place)).toBe(false)
  })

  test('chain data of another genesis: one line that says what to do', async () => {
    const { genesis, file } = await chainOf(2)
    const place = ['--datadir', dataDir()]
    await run(['import', file, '--genesis', genesis, ...place]).ended
    const { code, out, err } = await run(['import', file, '--dev', ...place]).ended
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(/^ethspan: the chain data is of another chain: [^\n]*--genesis[^\n]*removedb[^\n]*\n$/)
  })
})

describe('run --import', { timeout: PATIENCE }, () => {
  test('serves what it read, from the first moment on', async () => {
    const { genesis, file, hash } = await chainOf(12)
    const dir = dataDir()
    const node = await startNode('--genesis', genesis, '--import', file, '--authrpc.port', '0', '--datadir', dir)
    const client = await connect(path.join(dir, 'ethspan.ipc'))
    expect(await client.request('eth_getBlockByNumber', ['latest', false])).toMatchObject({ number: '0xc', hash })
    client.close()
    node.child.kill('SIGINT')
    expect(await node.ended).toMatchObject({ code: 0 })
  })

  test('a file that breaks the rules is one line, and no node runs', async () => {
    const { genesis } = await chainOf(1)
    const { file } = await chainOf(3)
    writeFileSync(file, readFileSync(file).subarray(0, -5))
    const args = ['--genesis', genesis, '--import', file, '--authrpc.port', '0', '--datadir', dataDir()]
    const { code, out, err } = await run(['--port', '0', '--web.port', '0', '--no-page', ...args]).ended
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(/^ethspan: \S+chain\.rlp: [^\n]*\n$/)
  })
})

describe('removedb', { timeout: PATIENCE }, () => {
  test('removes the chain data, and the node keeps its key', async () => {
    const { genesis, file } = await chainOf(2)
    const dir = dataDir()
    await run(['import', file, '--genesis', genesis, '--datadir', dir]).ended
    const folder = path.join(dir, 'ethspan', 'chaindata')
    const { code, out, err } = await run(['removedb', '--datadir', dir, '--yes']).ended
    expect([code, out, err]).toEqual([0, `Removed ${folder}.\n`, ''])
    expect(existsSync(folder)).toBe(false)
  })

  test('asks nobody where there is no terminal, and says how to answer', async () => {
    const { genesis, file } = await chainOf(2)
    const dir = dataDir()
    await run(['import', file, '--genesis', genesis, '--datadir', dir]).ended
    const { code, out, err } = await run(['removedb', '--datadir', dir]).ended
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(/^ethspan: nobody can be asked whether to remove \S+chaindata\. Say so with --yes\.\n$/)
    expect(existsSync(path.join(dir, 'ethspan', 'chaindata'))).toBe(true)
  })

  test('is refused while a node runs, and so are import and export', async () => {
    const dir = dataDir()
    const node = await startNode('--dev', '--datadir', dir)
    for (const command of [
      ['removedb', '--yes'],
      ['import', process.execPath],
      ['export', 'x.rlp'],
    ]) {
      const { code, out, err } = await run([...command, '--datadir', dir]).ended
      expect([code, out]).toEqual([1, ''])
      expect(err).toMatch(
        new RegExp(`^ethspan: the data directory ${dir} is in use by process ${node.child.pid}[^\\n]*\\n$`),
      )
    }
    node.child.kill('SIGINT')
    await node.ended
  })
})

test('a second terminal that joins with --peers follows the chain of the first', { timeout: PATIENCE }, async () => {
  const first = await startNode('--dev', '--dev.period', '1', '--datadir', dataDir())
  const args = ['--peers', first.enode, '--datadir', dataDir(), '--log.vmodule', 'chain=4']
  const second = run(args)
  await said(second, 'out', /Note: The nodes named with --peers are believed/)
  await said(second, 'err', /chain: new block/)
  second.child.kill('SIGINT')
  expect(await second.ended).toMatchObject({ code: 0 })
})

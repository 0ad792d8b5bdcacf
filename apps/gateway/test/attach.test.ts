// The commands that talk to a running node, as processes of their own.
import path from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { dataDir, PATIENCE, run, said, startNode } from './program.js'

interface Running {
  readonly enode: string
  readonly folder: string
  readonly ipc: string
  readonly http: string
  readonly ws: string
}

async function start(...args: string[]): Promise<Running> {
  const folder = dataDir()
  const all = ['--http', '--http.port', '0', '--http.api', 'admin,net', '--ws', '--ws.port', '0', ...args]
  const { enode, output } = await startNode('--datadir', folder, ...all)
  const url = (scheme: string) => new RegExp(`JSON-RPC (${scheme}:\\S+)`).exec(output.out)?.[1] ?? ''
  return { enode, folder, ipc: path.join(folder, 'ethspan.ipc'), http: url('http'), ws: url('ws') }
}

const attach = (...args: string[]) => run(['attach', ...args]).ended
const failed = (line: RegExp) => ({
  code: 1,
  out: '',
  err: expect.stringMatching(new RegExp(`^ethspan: ${line.source}\\n$`)),
})

describe('attach --exec', { timeout: PATIENCE }, () => {
  let node: Running
  beforeEach(async () => {
    node = await start()
  })

  test('asks over IPC, HTTP and WebSocket', async () => {
    const id = await attach(node.ipc, '--exec', 'admin.nodeInfo.id')
    expect(id).toMatchObject({ code: 0, out: expect.stringMatching(/^[0-9a-f]{64}\n$/), err: '' })
    expect(await attach(node.http, '--exec', 'admin.nodeInfo.id')).toEqual(id)
    expect(await attach(node.ws, '--exec', 'net.peerCount')).toMatchObject({ code: 0, out: '0\n' })
    const byDataDir = await attach('--datadir', node.folder, '--exec', 'admin.datadir', '--json')
    expect(JSON.parse(byDataDir.out)).toBe(node.folder)
  })

  test('takes any JavaScript and any method of the node', async () => {
    const ask = async (code: string) => JSON.parse((await attach(node.ipc, '--exec', code, '--json')).out) as unknown
    expect(await ask('admin.peers.length + net.peerCount')).toBe(0)
    expect(await ask('({ a: admin.peers(), b: web3.sha3("0x") })')).toEqual({
      a: [],
      b: '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
    })
    const other = await startNode('--datadir', dataDir())
    expect(await ask(`admin.addPeer("${other.enode}")`)).toBe(true)
    await said(other, 'err', /peer connected/)
    expect(await ask('admin.peers.map(({ network }) => network.static)')).toEqual([true])
  })

  test('says in one line what is wrong, with exit code 1', async () => {
    expect(await attach(node.ipc, '--exec', 'admin.addPeer("x")')).toMatchObject(failed(/invalid enode: [^\n]+/))
    expect(await attach(node.ipc, '--exec', 'admin.nope(1)')).toMatchObject(failed(/the method admin_nope [^\n]+/))
    expect(await attach(node.ipc, '--exec', 'nope')).toMatchObject(failed(/ReferenceError: nope is not defined/))
    expect(await attach(node.ipc, '--exec', 'net.peerCount +')).toMatchObject(failed(/the code ends too early/))
    expect(await attach(node.ws, '--exec', 'admin.peers')).toMatchObject(
      failed(/the node does not offer admin here[^\n]+/),
    )
  })
})

test('attach says in one line that no node answers', { timeout: PATIENCE }, async () => {
  const folder = dataDir()
  expect(await attach('--datadir', folder)).toMatchObject(failed(/no node runs on the data directory [^\n]+/))
  expect(await attach(path.join(folder, 'x.ipc'))).toMatchObject(failed(/can't reach a node at [^\n]+/))
  expect(await attach('ws://127.0.0.1:1')).toMatchObject(failed(/can't reach a node at [^\n]+/))
})

test('the console answers line by line, over several lines, and goes on after an error', {
  timeout: PATIENCE,
}, async () => {
  const { ipc } = await start()
  const input = `net.peerCount\nnope\n[1,\n2].map((n) => n + 1)\nPromise.resolve(5)\n{ a: 1 }\nnet.version\n[3,`
  const { code, out } = await run(['attach', ipc], { input }).ended
  expect(code).toBe(0)
  const lines = out.trim().split('\n')
  expect(lines).toEqual([
    '0',
    'ReferenceError: nope is not defined',
    '[ 2, 3 ]',
    '5',
    '{ a: 1 }',
    "'0'",
    'the input ends too early',
  ])
})

describe('peers', { timeout: PATIENCE }, () => {
  test('prints a table, and JSON for scripts', async () => {
    const { enode, ipc, http, ws } = await start()
    expect(await run(['peers', ipc]).ended).toMatchObject({ code: 0, out: 'no peers\n' })
    const other = await startNode('--peers', enode, '--datadir', dataDir(), '--identity', 'other')
    await said(other, 'err', /peer connected/)
    const table = await run(['peers', ipc]).ended
    expect(table.out).toMatch(/^ID +DIR +VIA +ADDRESS .*\n[0-9a-f]{16} +in +tcp .*chat peers +ethspan\/other\/v.*\n$/)
    const { out } = await run(['peers', http, '--json']).ended
    expect(JSON.parse(out)).toEqual([expect.objectContaining({ name: expect.stringContaining('ethspan/other/') })])
    expect(await run(['peers', ws]).ended).toMatchObject(
      failed(/the node does not offer admin_peers here[^\n]+--ws\.api[^\n]+/),
    )
  })

  test('--watch tells until Ctrl-C, or until the node is gone', async () => {
    const node = await startNode('--datadir', dataDir())
    const ipc = /IPC +(\S+)/.exec(node.output.out)?.[1] ?? ''
    const watch = run(['peers', ipc, '--watch'])
    await said(watch, 'out', /no peers/)
    watch.child.kill('SIGINT')
    expect(await watch.ended).toMatchObject({ code: 0, err: '' })
    const other = run(['peers', ipc, '--watch', '--json'])
    await said(other, 'out', /^\[\]\n/)
    node.child.kill('SIGKILL')
    expect(await other.ended).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^ethspan: the node at .* is gone[^\n]*\n$/),
    })
  })
})

describe('rlpx ping', { timeout: PATIENCE }, () => {
  test('prints who answers, over TCP and over WebSocket', async () => {
    const { enode, output } = await startNode('--datadir', dataDir(), '--page')
    const page = /Page +(\S+)/.exec(output.out)?.[1] ?? ''
    const { dial } = (await (await fetch(new URL('node.json', page))).json()) as { dial: string }
    const text = await run(['rlpx', 'ping', enode]).ended
    expect(text).toMatchObject({ code: 0, err: '' })
    expect(text.out).toMatch(
      /^Node ID +[0-9a-f]{64}\nAddress .*\(tcp\)\nClient +ethspan\/v.*\nProtocols peers\/1, chat\/1\n/,
    )
    const { out } = await run(['rlpx', 'ping', dial, '--json']).ended
    expect(JSON.parse(out)).toMatchObject({
      id: text.out.slice(10, 74),
      transport: 'ws',
      hello: { version: 5, caps: ['peers/1', 'chat/1'] },
      times: { dial: expect.any(Number), encryption: expect.any(Number), hello: expect.any(Number) },
    })
  })

  test('one line and exit code 1 where nobody listens, and where another node answers', async () => {
    const { enode } = await startNode('--datadir', dataDir())
    const at = (address: string) => enode.replace(/@.*/, `@${address}`)
    expect(await run(['rlpx', 'ping', at('127.0.0.1:1')]).ended).toMatchObject(
      failed(/no answer to the ping: [^\n]*127\.0\.0\.1:1[^\n]*/),
    )
    const full = await startNode('--datadir', dataDir(), '--maxpeers', '0')
    expect(await run(['rlpx', 'ping', full.enode]).ended).toMatchObject(
      failed(/no answer to the ping: too many peers[^\n]*/),
    )
    const stranger = at(full.enode.split('@')[1] ?? '')
    expect(await run(['rlpx', 'ping', stranger]).ended).toMatchObject(failed(/no answer to the ping: [^\n]+/))
  })
})

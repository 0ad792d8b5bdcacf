import { describe, expect, test } from 'vitest'
import { complete, openConsole } from '../src/console/console.js'
import { Incomplete, showError } from '../src/console/evaluate.js'
import { makeNamespaces } from '../src/console/namespaces.js'
import { ConsoleError, type Remote } from '../src/console/remote.js'

function fakeNode() {
  const calls: string[] = []
  const answers: Record<string, unknown> = {
    rpc_modules: { admin: '1.0', eth: '1.0', rpc: '1.0' },
    admin_peers: [{ name: 'a' }, { name: 'b' }],
  }
  const remote: Remote = {
    call(method, params) {
      calls.push(`${method}(${params.map((param) => JSON.stringify(param)).join(', ')})`)
      if (method === 'eth_fails') throw new ConsoleError('it failed', -32000)
      return answers[method] ?? null
    },
    close: async () => {},
  }
  const opened = openConsole(remote)
  calls.length = 0
  return { ...opened, remote, calls }
}

describe('what is typed', () => {
  test('asks when it is read, and calls what has parentheses', async () => {
    const { run, calls } = fakeNode()
    expect(await run('admin.peers.map((peer) => peer.name).join()')).toBe('a,b')
    await run('admin.addPeer("enode://…", 1)')
    await run('eth.getBlockByNumber("latest", true)')
    await run('admin.peers()')
    expect(calls).toEqual([
      'admin_peers()',
      'admin_addPeer("enode://…", 1)',
      'eth_getBlockByNumber("latest", true)',
      'admin_peers()',
    ])
  })

  test('keeps variables, awaits promises, reads { as an object', async () => {
    const { run } = fakeNode()
    await run('const n = admin.peers.length')
    expect(await run('Promise.resolve(n + 1)')).toBe(3)
    expect(await run('{ n }')).toMatchObject({ n: 2 })
  })

  test('reaches nothing of the process', async () => {
    const { run } = fakeNode()
    expect(await run('[typeof process, typeof require, typeof fetch].join()')).toBe('undefined,undefined,undefined')
  })

  test('is asked for more while it is incomplete; what is wrong is said in one line', async () => {
    const { run } = fakeNode()
    for (const code of ['admin.addPeer(', '[1,', '`a', '(() => {']) await expect(run(code)).rejects.toThrow(Incomplete)
    const said = async (code: string) => run(code).then(String, showError)
    expect(await said('1 +* 2')).toMatch(/^SyntaxError: [^\n]+$/)
    expect(await said('eth.fails()')).toBe('Error: it failed')
    expect(await said('throw "a\\nb"')).toBe('Error: a b')
    expect(await said('throw null')).toBe('Error: null')
    expect(await said('net.peerCount')).toMatch(/^Error: the node does not offer net here\./)
  })
})

test('completes namespaces, and names within one', () => {
  const { remote } = fakeNode()
  const modules = ['admin', 'eth', 'net']
  const session = { modules, namespaces: makeNamespaces(remote, modules) }
  expect(complete('a', session)).toEqual([['admin.'], 'a'])
  expect(complete('', session)[0]).toEqual(['admin.', 'eth.', 'net.'])
  expect(complete('1 + admin.pe', session)).toEqual([['peers'], 'pe'])
  expect(complete('admin.remove', session)[0]).toEqual(['removePeer(', 'removeTrustedPeer('])
  expect(complete('web3.', session)[0]).toEqual([])
})

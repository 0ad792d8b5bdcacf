import { mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises'
import { connect as connectSocket, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Api } from '@ethspan/node'
import { connect, type IpcOptions, ipc, type WsOptions, ws } from '@ethspan/rpc/endpoints'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { call, contextOf, opened, testApi } from '../support.js'

async function temporaryPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ethspan-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return join(folder, 'node.ipc')
}

const startIpc = async (options: Partial<IpcOptions> = {}, apis: readonly Api[] = [testApi]) => {
  return opened(ipc({ path: await temporaryPath(), ...options }), apis)
}
const startWs = (options: WsOptions = {}, apis: readonly Api[] = [testApi]) => {
  return opened(ws({ port: 0, apis: ['test'], ...options }), apis)
}

/** All that comes until `count` lines, or the end. */
function lines(socket: Socket, count: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    let text = ''
    const got = () => text.split('\n').slice(0, -1)
    socket.on('data', (chunk) => {
      text += chunk
      if (got().length >= count) resolve(got())
    })
    socket.on('error', reject)
    socket.once('close', () => resolve(got()))
  })
}

async function ipcSocket(path: string): Promise<Socket> {
  const socket = connectSocket(path)
  onTestFinished(() => {
    socket.destroy()
  })
  await new Promise((resolve) => socket.once('connect', resolve))
  return socket
}

async function wsSocket(url: string, origin?: string): Promise<WebSocket> {
  const socket = new WebSocket(url, origin === undefined ? {} : { origin })
  onTestFinished(() => socket.terminate())
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  return socket
}

const message = (socket: WebSocket) =>
  new Promise<string>((resolve) => socket.once('message', (data) => resolve(`${data}`)))
const closed = (socket: WebSocket) => new Promise<number>((resolve) => socket.once('close', resolve))

/** A subscription of messages of a million characters, and when it ended. */
function flood() {
  let ended: () => void
  const gone = new Promise<void>((resolve) => {
    ended = resolve
  })
  const api: Api = {
    namespace: 'flood',
    methods: {},
    subscriptions: {
      chunks: ([count], notify, { signal }) => {
        signal.addEventListener('abort', () => ended())
        for (let i = 0; i < Number(count); i++) notify('x'.repeat(1_000_000))
      },
    },
  }
  return { api, gone }
}

describe.each([
  ['IPC', () => startIpc()],
  ['WebSocket', () => startWs()],
])('over %s', (_, start) => {
  test('a client calls, fails and subscribes', async () => {
    const { address } = await start()
    const client = await connect(address)
    onTestFinished(() => client.close())
    expect(await client.request('test_echo', [1, 'é'])).toEqual([1, 'é'])
    expect(await client.request('test_endpoint')).toBe(address.startsWith('ws') ? 'ws' : 'ipc')
    await expect(client.request('test_fail')).rejects.toMatchObject({ code: -32000 })
    const got: unknown[] = []
    await client.subscribe('test', ['count', 3], (value) => got.push(value))
    await client.request('test_nothing')
    expect(got).toEqual([1, 2, 3])
  })

  test('thousands of calls at once are all answered', async () => {
    const client = await connect((await start()).address)
    onTestFinished(() => client.close())
    const calls = Array.from({ length: 3000 }, (_, i) => client.request('test_echo', [i, 'x'.repeat(200)]))
    expect((await Promise.all(calls)).map((result) => (result as unknown[])[0])).toEqual(calls.map((_, i) => i))
  })

  test('closing the endpoint lets calls finish and tells the clients', async () => {
    const endpoint = await start()
    const client = await connect(endpoint.address)
    const last = client.request('test_echo', ['last'])
    await last
    await endpoint.close()
    await expect.poll(() => client.signal.aborted).toBe(true)
    await expect(connect(endpoint.address)).rejects.toMatchObject({ code: 'ERR_DIAL' })
  })
})

describe('WebSocket', () => {
  test('offers net and web3 unless asked', async () => {
    const all = ['admin', 'net', 'web3'].map((namespace) => ({ namespace, methods: {} }))
    const client = await connect((await opened(ws({ port: 0 }), all)).address)
    onTestFinished(() => client.close())
    expect(await client.request('rpc_modules')).toEqual({ net: '1.0', rpc: '1.0', web3: '1.0' })
  })

  test('a notification is as geth writes it', async () => {
    const socket = await wsSocket((await startWs()).address)
    const texts: string[] = []
    const two = new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        if (texts.push(`${data}`) === 2) resolve()
      })
    })
    socket.send(call('test_subscribe', ['count', 1]))
    await two
    const { result: id } = JSON.parse(texts[0] as string)
    expect(texts[1]).toBe(`{"jsonrpc":"2.0","method":"test_subscription","params":{"subscription":"${id}","result":1}}`)
  })

  test('what is no JSON is answered, and the connection goes on', async () => {
    const socket = await wsSocket((await startWs()).address)
    const first = message(socket)
    socket.send('{')
    expect(JSON.parse(await first)).toMatchObject({ id: null, error: { code: -32700 } })
    const second = message(socket)
    socket.send(Buffer.from(call('test_echo')))
    expect(JSON.parse(await second)).toMatchObject({ result: [] })
  })

  test('a message of more than 5 MiB ends the connection', async () => {
    const socket = await wsSocket((await startWs()).address)
    const end = closed(socket)
    socket.send('x'.repeat(5 * 1024 * 1024 + 1))
    expect(await end).toBe(1009)
  })

  test.each([
    [[], undefined, true],
    [[], 'http://localhost:5173', true],
    [[], 'https://localhost', false],
    [[], 'https://evil.example', false],
    [['https://app.example'], 'https://app.example', true],
    [['https://app.example'], 'https://app.example:444', true],
    [['https://app.example:443'], 'https://app.example:444', false],
    [['app.example'], 'http://app.example:1', true],
    [['app.example'], 'http://localhost', false],
    [['*'], 'https://evil.example', true],
    [['https://app.example'], undefined, true],
    [['https://app.example'], 'null', false],
  ])('with origins %j, a page of %s may connect: %s', async (origins, origin, may) => {
    const { address } = await startWs({ origins })
    if (may) await wsSocket(address, origin)
    else await expect(wsSocket(address, origin)).rejects.toThrow('403')
  })

  test('takes no more clients than its limit', async () => {
    const { address } = await startWs({ limits: { maxConnections: 1 } })
    await wsSocket(address)
    await expect(wsSocket(address)).rejects.toThrow()
  })

  test('a client that does not answer pings is cut off', async () => {
    const { address } = await startWs({ limits: { pingInterval: 20, pongTimeout: 20 } })
    const alive = await wsSocket(address)
    const dead = new WebSocket(address, { autoPong: false })
    onTestFinished(() => dead.terminate())
    expect(await closed(dead)).toBe(1006)
    const answer = message(alive)
    alive.send(call('test_echo'))
    expect(JSON.parse(await answer)).toMatchObject({ result: [] })
  })

  test('a client that does not read its answers in time is cut off', async () => {
    const { api, gone } = flood()
    const { address } = await startWs({ apis: ['flood', 'test'], limits: { writeTimeout: 50 } }, [api, testApi])
    const socket = await wsSocket(address)
    const subscribed = message(socket)
    socket.send(call('flood_subscribe', ['chunks', 0]))
    await subscribed
    socket.pause()
    // More than the buffers of both ends take.
    for (let i = 0; i < 6; i++) socket.send(call('test_size', [5_000_000]))
    await gone
  })

  test('a client that leaves 50 million characters unread is cut off', async () => {
    const { api, gone } = flood()
    const { address } = await startWs({ apis: ['flood'] }, [api])
    const socket = await wsSocket(address)
    socket.pause()
    socket.send(call('flood_subscribe', ['chunks', 60]))
    await gone
  })
})

describe('IPC', () => {
  test('takes JSON values with and without anything between them, cut anywhere', async () => {
    const socket = await ipcSocket((await startIpc()).address)
    const requests = [1, 2, 3].map((id) => call('test_echo', ['}{"\\"é'], id)).join('')
    const answers = lines(socket, 4)
    const bytes = Buffer.from(`${requests}\n\n [${call('test_echo', [], 4)}]`)
    for (const byte of bytes) socket.write(Buffer.of(byte))
    const all = (await answers).map((line) => JSON.parse(line))
    expect(all.slice(0, 3)).toEqual([1, 2, 3].map((id) => ({ jsonrpc: '2.0', id, result: ['}{"\\"é'] })))
    expect(all[3]).toEqual([{ jsonrpc: '2.0', id: 4, result: [] }])
  })

  test('answers what is no JSON, and ends the connection', async () => {
    const { address } = await startIpc()
    for (const [sent, code] of [
      ['{]', -32700],
      ['}', -32700],
      ['nonsense ', -32700],
    ] as const) {
      const socket = await ipcSocket(address)
      const answers = lines(socket, 2)
      socket.write(sent)
      expect((await answers).map((line) => JSON.parse(line).error.code)).toEqual([code])
    }
  })

  test('a value larger than the limit ends the connection', async () => {
    const socket = await ipcSocket((await startIpc({ limits: { bodyBytes: 100 } })).address)
    const answers = lines(socket, 2)
    socket.write(`[${' '.repeat(200)}`)
    expect((await answers).map((line) => JSON.parse(line))).toMatchObject([{ error: { code: -32600 } }])
  })

  test('a client that has said all still gets its answers', async () => {
    const socket = connectSocket({ path: (await startIpc()).address, allowHalfOpen: true })
    const answers = lines(socket, 2)
    socket.end(call('test_echo', ['end']))
    expect((await answers).map((line) => JSON.parse(line))).toMatchObject([{ result: ['end'] }])
  })

  test('the socket is its owner’s alone, and gone in the end', async () => {
    const endpoint = await startIpc()
    expect((await stat(endpoint.address)).mode & 0o777).toBe(0o600)
    await endpoint.close()
    await expect(stat(endpoint.address)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('a socket that nobody listens on is replaced', async () => {
    const path = await temporaryPath()
    const stale = createServer()
    await new Promise<void>((resolve) => stale.listen(path, resolve))
    // As when a process is killed: its descriptor is gone, its file is not.
    await rename(path, `${path}.kept`)
    await new Promise((resolve) => stale.close(resolve))
    await rename(`${path}.kept`, path)
    const client = await connect((await startIpc({ path })).address)
    expect(await client.request('test_echo')).toEqual([])
    client.close()
  })

  test('a path where a node lives, or a file is, or that is too long, is one line', async () => {
    const { address } = await startIpc()
    await expect(ipc({ path: address }).open(contextOf([]))).rejects.toMatchObject({
      code: 'ERR_LISTEN',
      message: `can't open JSON-RPC over IPC on ${address}: another node listens there`,
    })
    const file = await temporaryPath()
    await writeFile(file, 'kept')
    await expect(ipc({ path: file }).open(contextOf([]))).rejects.toMatchObject({
      code: 'ERR_LISTEN',
      message: `can't open JSON-RPC over IPC on ${file}: there is a file that is not a socket`,
    })
    expect((await stat(file)).size).toBe(4)
    expect(() => ipc({ path: `/${'x'.repeat(200)}` })).toThrow('bytes, but a socket')
  })
})

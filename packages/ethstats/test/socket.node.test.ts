import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSocket, platform } from '../src/socket/socket.node.js'
import { type RunningServers, startSocketServers } from './socket-servers.node.js'
import { socketSuite } from './socket-suite.js'

let servers: RunningServers
beforeAll(async () => {
  servers = await startSocketServers()
})
afterAll(() => servers.close())

socketSuite('a WebSocket of Node', openSocket, () => servers)

test('a refusal of the host is told with its cause', async () => {
  const { signal } = new AbortController()
  const handler = { message() {}, closed() {} }
  const dialed = openSocket(servers.nobody, { signal, handler, maxMessage: 9 })
  await expect(dialed).rejects.toMatchObject({ message: expect.stringContaining('ECONNREFUSED') })
  await expect(openSocket('ws://[', { signal, handler, maxMessage: 9 })).rejects.toMatchObject({ code: 'ERR_DIAL' })
})

test("the system has Go's name", () => {
  expect(platform.os).toMatch(/^(linux|darwin|windows|freebsd)$/)
  expect(platform.version).toMatch(/^(amd64|arm64|386)$/)
})

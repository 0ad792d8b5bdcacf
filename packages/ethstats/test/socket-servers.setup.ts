// Global setup of the tests inside Chromium: servers in Node for the pages to dial. Addresses are passed by `inject`.
import type { TestProject } from 'vitest/node'
import { startSocketServers } from './socket-servers.node.js'
import type { SocketServers } from './socket-suite.js'

declare module 'vitest' {
  interface ProvidedContext {
    statsSockets: SocketServers
    /** `host:port` of a stats server. */
    statsHost: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { close, stats, ...sockets } = await startSocketServers()
  project.provide('statsSockets', sockets)
  project.provide('statsHost', stats)
  return close
}

// What both sockets do alike, the browser's and that of `ws`.
import type { EthspanError } from '@ethspan/core'
import { describe, expect, test } from 'vitest'
import type { OpenSocket, StatsSocket } from '../src/index.js'

/** Addresses of the servers in socket-servers.node.ts. */
export interface SocketServers {
  /** Sends back every text. */
  readonly echo: string
  /** Closes with 1008 and a reason when something comes. */
  readonly refusing: string
  /** Sends a binary message when something comes. */
  readonly binary: string
  /** Breaks off without a close frame when something comes. */
  readonly abrupt: string
  /** Where nobody listens. */
  readonly nobody: string
}

const MAX_MESSAGE = 1024

/** What is heard of a socket, one after the other. */
class Heard {
  readonly messages: string[] = []
  readonly closed: string[] = []
  #wake = () => {}

  readonly handler = {
    message: (text: string) => {
      this.messages.push(text)
      this.#wake()
    },
    closed: (why: string) => {
      this.closed.push(why)
      this.#wake()
    },
  }

  /** Waits for so many messages and ends together. */
  async until(count: number): Promise<void> {
    while (this.messages.length + this.closed.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

export function socketSuite(name: string, open: OpenSocket, servers: () => SocketServers): void {
  const dial = async (url: string): Promise<{ socket: StatsSocket; heard: Heard }> => {
    const heard = new Heard()
    const { signal } = new AbortController()
    return { socket: await open(url, { signal, handler: heard.handler, maxMessage: MAX_MESSAGE }), heard }
  }

  const failure = async (promise: Promise<unknown>): Promise<EthspanError> => {
    const error = await promise.then(
      () => undefined,
      (thrown: EthspanError) => thrown,
    )
    if (error === undefined) throw new Error('it did not fail')
    return error
  }

  describe(name, () => {
    test('carries text both ways', async () => {
      const { socket, heard } = await dial(servers().echo)
      socket.send('"Grüße"')
      socket.send('2')
      await heard.until(2)
      expect(heard.messages).toEqual(['"Grüße"', '2'])
      socket.close()
    })

    test('tells why the server closed', async () => {
      const { socket, heard } = await dial(servers().refusing)
      socket.send('hello')
      await heard.until(1)
      expect(heard.closed).toEqual(['the server closed: wrong secret (1008)'])
    })

    test('ends at a binary message', async () => {
      const { socket, heard } = await dial(servers().binary)
      socket.send('hello')
      await heard.until(1)
      expect(heard).toMatchObject({ messages: [], closed: ['the server sent a binary message'] })
    })

    test('ends at a message that is too long', async () => {
      const { socket, heard } = await dial(servers().echo)
      socket.send('x'.repeat(MAX_MESSAGE))
      await heard.until(1)
      socket.send('x'.repeat(MAX_MESSAGE + 1))
      await heard.until(2)
      expect(heard.messages).toEqual(['x'.repeat(MAX_MESSAGE)])
      expect(heard.closed).toHaveLength(1)
    })

    test('tells that the connection broke off', async () => {
      const { socket, heard } = await dial(servers().abrupt)
      socket.send('hello')
      await heard.until(1)
      expect(heard.closed).toEqual(['the connection broke off'])
    })

    test('tells nothing of an end that was asked for', async () => {
      const { socket, heard } = await dial(servers().echo)
      const other = await dial(servers().echo)
      socket.send('1')
      socket.close()
      // By the time another connection has been around, this one would have been told.
      for (let round = 1; round <= 3; round++) {
        other.socket.send(String(round))
        await other.heard.until(round)
      }
      expect(heard.closed).toEqual([])
      other.socket.close()
    })

    test('fails where nobody listens, and where it is refused', async () => {
      for (const url of [servers().nobody, `${servers().echo}/elsewhere`]) {
        const error = await failure(dial(url))
        expect(error.code).toBe('ERR_DIAL')
        expect(error.message).toContain(`no WebSocket connection to ${url}`)
      }
    })

    test('fails once it is aborted, before and during the dial', async () => {
      const { handler } = new Heard()
      const early = AbortSignal.abort()
      expect((await failure(open(servers().echo, { signal: early, handler, maxMessage: 9 }))).code).toBe('ERR_ABORTED')
      const stop = new AbortController()
      const dialed = failure(open(servers().echo, { signal: stop.signal, handler, maxMessage: 9 }))
      stop.abort()
      expect((await dialed).code).toBe('ERR_ABORTED')
    })
  })
}

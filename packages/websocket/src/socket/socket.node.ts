// `#socket` in Node, which has no WebSocket of its own before version 22 and none that can be paused.
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Socket as NetSocket } from 'node:net'
import { abortError, EthspanError } from '@ethspan/core'
import { hostPort } from '@ethspan/core/netutil'
import WebSocket from 'ws'
import { CLOSE_TIMEOUT, MAX_REFUSAL_TEXT } from '../limits.js'
import { ABNORMAL_CLOSURE, type OpenSocket, type Socket, type SocketHandler } from './shape.js'

/** `ws` gives its messages as Buffers, whose `slice` is not an array's: a copy there, a view here. */
const plain = (buffer: Buffer): Uint8Array => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)

/** An open `ws` connection, client's or server's, as a {@link Socket}. It must be handed over in the turn it opened. */
export const wrapSocket = (ws: WebSocket, localAddress: string, remoteAddress: string): Socket => {
  ws.pause()
  let cause: Error | undefined
  let handler: SocketHandler | undefined
  // `ws` always emits close after error, and an error without a listener would end the process.
  ws.on('error', (error) => {
    cause = error
  })
  ws.on('message', (data, isBinary) => {
    if (!isBinary) handler?.text()
    else if (Buffer.isBuffer(data) && data.length > 0) handler?.message(plain(data))
  })
  ws.on('close', (code) => handler?.closed(code, cause))
  const sent = () => handler?.sent()
  // What was sent in this turn of the event loop counts as waiting, though the system often takes it at once: else a loop
  // that awaits each write would never let timers and other sockets have their turn.
  let sentThisTurn = 0
  const nextTurn = () => {
    sentThisTurn = 0
    sent()
  }
  return {
    canPause: true,
    tellsSent: true,
    localAddress,
    remoteAddress,
    get bufferedAmount() {
      return Math.max(ws.bufferedAmount, sentThisTurn)
    },
    attach(to) {
      handler = to
      if (ws.readyState === WebSocket.CLOSED) queueMicrotask(() => to.closed(ABNORMAL_CLOSURE, cause))
    },
    send(message) {
      if (sentThisTurn === 0) setImmediate(nextTurn)
      sentThisTurn += message.length
      ws.send(message, sent)
    },
    pause: () => ws.pause(),
    resume: () => ws.resume(),
    close(code) {
      ws.close(code)
    },
    terminate() {
      handler = undefined
      ws.terminate()
    },
  }
}

export const openSocket: OpenSocket = (url, { signal, maxPayload }) =>
  new Promise((resolve, reject) => {
    if (signal.aborted) throw abortError(signal)
    let ws: WebSocket
    try {
      // A variable, because the types of `ws` do not know `closeTimeout`.
      const options = { perMessageDeflate: false, maxPayload, closeTimeout: CLOSE_TIMEOUT }
      ws = new WebSocket(url, options)
    } catch (cause) {
      throw new EthspanError('ERR_DIAL', `${url} can't be dialed: ${messageOf(cause)}`, { fields: { url }, cause })
    }
    let net: NetSocket | undefined
    const settle = (outcome: () => void) => {
      signal.removeEventListener('abort', aborted)
      ws.off('error', failed)
      outcome()
    }
    const failed = (cause: Error) => settle(() => reject(dialError(url, cause)))
    const aborted = () => {
      settle(() => reject(abortError(signal)))
      // Ending a connection that is not open yet makes `ws` report an error: it is the abort's own.
      ws.on('error', () => {})
      ws.terminate()
    }
    signal.addEventListener('abort', aborted)
    ws.on('error', failed)
    ws.on('upgrade', (response) => {
      net = response.socket
    })
    ws.on('unexpected-response', (request, response) => {
      refusalOf(request, response, (text) => {
        const said = `${response.statusCode ?? 0} ${text}`.trim()
        const fields = { url, status: response.statusCode, text }
        settle(() => reject(new EthspanError('ERR_DIAL', `${url} refused the connection: ${said}`, { fields })))
        ws.on('error', () => {})
        ws.terminate()
      })
    })
    ws.once('open', () => {
      const local = hostPort(net?.localAddress ?? '', net?.localPort ?? 0)
      settle(() => resolve(wrapSocket(ws, local, url)))
    })
  })

const messageOf = (value: unknown): string => (value instanceof Error ? value.message : String(value))

const dialError = (url: string, cause: Error): EthspanError => {
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
  const fields = { url, ...(code === undefined ? {} : { code }) }
  // A host with several addresses fails with an error of all of them, whose own message is empty.
  const why = cause.message || code || cause.name
  return new EthspanError('ERR_DIAL', `no WebSocket connection to ${url}: ${why}`, { fields, cause })
}

/** The first line of a refusal, printable characters only: it is whatever the server sends. */
const refusalOf = (request: ClientRequest, response: IncomingMessage, done: (text: string) => void): void => {
  let body = ''
  let said = false
  const finish = () => {
    if (said) return
    said = true
    done((body.split('\n')[0] ?? '').replace(/[^\x20-\x7e]/g, '').slice(0, MAX_REFUSAL_TEXT))
    request.destroy()
  }
  response.setEncoding('latin1')
  response.on('data', (chunk: string) => {
    body += chunk
    if (body.length >= MAX_REFUSAL_TEXT) finish()
  })
  response.on('end', finish)
  response.on('error', finish)
  response.on('close', finish)
}

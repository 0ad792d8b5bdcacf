// `#socket` in Node, which has no WebSocket of its own before version 22.
import { abortError, asError, EthspanError } from '@ethspan/core'
import WebSocket from 'ws'
import { closeReason, NORMAL_CLOSURE, NOT_UNDERSTOOD, type OpenSocket } from './shape.js'

/** Go's names, which is what an ethstats page has seen so far. */
const GO_OS: Readonly<Record<string, string>> = { win32: 'windows', sunos: 'solaris' }
const GO_ARCH: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' }

export const platform = {
  os: GO_OS[process.platform] ?? process.platform,
  version: GO_ARCH[process.arch] ?? process.arch,
}

/** Sent by geth for servers that want one. */
const ORIGIN = 'http://localhost'

/** Milliseconds `ws` waits for the other side's half of the closing handshake before it cuts the connection. */
const CLOSE_TIMEOUT = 2_000

export const openSocket: OpenSocket = (url, { signal, handler, maxMessage }) =>
  new Promise((resolve, reject) => {
    if (signal.aborted) throw abortError(signal)
    // A variable, because the types of `ws` do not know `closeTimeout`.
    const options = { perMessageDeflate: false, maxPayload: maxMessage, origin: ORIGIN, closeTimeout: CLOSE_TIMEOUT }
    let socket: WebSocket
    try {
      socket = new WebSocket(url, options)
    } catch (cause) {
      throw dialError(url, asError(cause))
    }
    /** The last error, which `ws` always tells before its close; without a listener it would end the process. */
    let cause: Error | undefined
    socket.on('error', (error) => {
      cause = error
    })
    let isOpen = false
    /** Whoever called knows how it ended. */
    let isOver = false
    const end = (outcome: () => void) => {
      signal.removeEventListener('abort', aborted)
      if (isOver) return
      isOver = true
      outcome()
    }
    const aborted = () => {
      end(() => reject(abortError(signal)))
      socket.terminate()
    }
    signal.addEventListener('abort', aborted)
    socket.once('open', () => {
      isOpen = true
      signal.removeEventListener('abort', aborted)
      resolve({
        get bufferedAmount() {
          return socket.bufferedAmount
        },
        send: (text) => socket.send(text),
        close: () => end(() => socket.close(NORMAL_CLOSURE)),
      })
    })
    socket.on('message', (data, isBinary) => {
      if (isOver) return
      if (!isBinary) {
        handler.message(data.toString())
        return
      }
      end(() => handler.closed('the server sent a binary message'))
      socket.close(NOT_UNDERSTOOD)
    })
    socket.once('close', (code, reason) =>
      end(() => {
        if (isOpen) handler.closed(closeReason(code, reason.toString(), cause))
        else reject(dialError(url, cause))
      }),
    )
  })

const dialError = (url: string, cause: Error | undefined): EthspanError => {
  // A host with several addresses fails with an error of all of them, whose own message is empty.
  const code = cause !== undefined && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
  const why = cause?.message || code || 'the connection broke off'
  return new EthspanError('ERR_DIAL', `no WebSocket connection to ${url}: ${why}`, { fields: { url, code }, cause })
}

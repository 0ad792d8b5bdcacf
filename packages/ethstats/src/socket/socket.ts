// `#socket` in a browser, and wherever else there is a global WebSocket and no `node` condition.
import { abortError, EthspanError } from '@ethspan/core'
import { closeReason, NORMAL_CLOSURE, NOT_UNDERSTOOD, type OpenSocket } from './shape.js'

/** What stands in geth's place of the operating system. */
export const platform = { os: 'browser', version: '' }

export const openSocket: OpenSocket = (url, { signal, handler, maxMessage }) =>
  new Promise((resolve, reject) => {
    if (signal.aborted) throw abortError(signal)
    let socket: WebSocket
    try {
      socket = new WebSocket(url)
    } catch (cause) {
      // A page policy (mixed content, Content-Security-Policy) or an unreadable URL: here the browser does say why.
      throw new EthspanError('ERR_DIAL', `the browser refuses to dial ${url}`, { fields: { url }, cause })
    }
    const forget = () => {
      signal.removeEventListener('abort', aborted)
      socket.onopen = null
      socket.onclose = null
      socket.onmessage = null
    }
    const aborted = () => {
      forget()
      socket.close()
      reject(abortError(signal))
    }
    const end = (why: string) => {
      forget()
      socket.close(NOT_UNDERSTOOD)
      handler.closed(why)
    }
    signal.addEventListener('abort', aborted)
    socket.onopen = () => {
      forget()
      // Set in the turn in which it opened: no message can come before.
      socket.onmessage = ({ data }: MessageEvent<unknown>) => {
        if (typeof data !== 'string') end('the server sent a binary message')
        // UTF-8 has at least a byte for each unit, so this refuses nothing that is allowed.
        else if (data.length > maxMessage) end(`the server sent a message of ${data.length} characters`)
        else handler.message(data)
      }
      socket.onclose = ({ code, reason }) => handler.closed(closeReason(code, reason))
      resolve({
        get bufferedAmount() {
          return socket.bufferedAmount
        },
        send: (text) => socket.send(text),
        close() {
          forget()
          socket.close(NORMAL_CLOSURE)
        },
      })
    }
    socket.onclose = () => {
      forget()
      const message = `no WebSocket connection to ${url}, and the browser gives no reason`
      reject(new EthspanError('ERR_DIAL', message, { fields: { url } }))
    }
  })

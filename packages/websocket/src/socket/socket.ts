// `#socket` in a browser, and wherever else there is a global WebSocket and no `node` condition.
import { abortError, EthspanError } from '@ethspan/core'
import type { CloseCode, OpenSocket, Socket, SocketHandler } from './shape.js'

// A browser lets a page send 1000 and 3000 to 4999 alone (HTML, "WebSocket.close"): other codes go out as 4000 + n % 1000.
const sendable = (code: CloseCode): number => (code === 1000 || code >= 3000 ? code : 4000 + (code % 1000))

const noReason = (url: string, cause?: unknown): EthspanError =>
  new EthspanError('ERR_DIAL', `no WebSocket connection to ${url}, and the browser gives no reason`, {
    fields: { url },
    hint:
      'Likely causes: nothing listens there, a firewall or proxy in between does not pass WebSockets, the server does ' +
      "not let this page's origin in, or (wss) the browser does not trust its certificate.",
    cause,
  })

const wrap = (socket: WebSocket): Socket => ({
  canPause: false,
  tellsSent: false,
  // A page is not told its own host and port.
  localAddress: globalThis.origin ?? 'browser',
  remoteAddress: socket.url,
  get bufferedAmount() {
    return socket.bufferedAmount
  },
  attach(handler: SocketHandler) {
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (!(data instanceof ArrayBuffer)) handler.text()
      else if (data.byteLength > 0) handler.message(new Uint8Array(data))
    }
    socket.onclose = ({ code }) => handler.closed(code)
  },
  // The platform's types don't know that a Uint8Array may lie in shared memory; ours never does.
  send: (message) => socket.send(message as Uint8Array<ArrayBuffer>),
  pause() {},
  resume() {},
  close: (code) => socket.close(sendable(code)),
  terminate(code) {
    socket.onmessage = null
    socket.onclose = null
    socket.close(sendable(code))
  },
})

export const openSocket: OpenSocket = (url, { signal }) =>
  new Promise((resolve, reject) => {
    if (signal.aborted) throw abortError(signal)
    let socket: WebSocket
    try {
      socket = new WebSocket(url)
    } catch (cause) {
      // A page policy (mixed content, Content-Security-Policy) or an unreadable URL: here the browser does say why.
      throw new EthspanError('ERR_DIAL', `the browser refuses to dial ${url}`, { fields: { url }, cause })
    }
    socket.binaryType = 'arraybuffer'
    const aborted = () => {
      forget()
      socket.close()
      reject(abortError(signal))
    }
    const forget = () => {
      signal.removeEventListener('abort', aborted)
      socket.onopen = null
      socket.onclose = null
    }
    signal.addEventListener('abort', aborted)
    socket.onopen = () => {
      forget()
      resolve(wrap(socket))
    }
    socket.onclose = () => {
      forget()
      reject(noReason(url))
    }
  })

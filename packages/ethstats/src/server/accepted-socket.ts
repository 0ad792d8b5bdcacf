import type { WebSocket } from 'ws'
import type { ServerSocket } from './server-socket.js'

/** What is heard of a WebSocket that was accepted. */
export interface AcceptedHandler {
  message(text: string, isBinary: boolean): void
  /** Once, and the last call. */
  closed(why: string): void
}

/** A WebSocket of `ws`, made to fit. */
export const acceptedSocket = (ws: WebSocket): ServerSocket => ({
  get bufferedAmount() {
    return ws.bufferedAmount
  },
  send: (text) => ws.send(text),
  close: (code, reason) => ws.close(code, reason),
  terminate: () => ws.terminate(),
})

/** Listens until the WebSocket is gone. */
export function listenTo(ws: WebSocket, handler: AcceptedHandler): void {
  let cause: Error | undefined
  // `ws` always tells a close after an error, and without a listener the error would end the process.
  ws.on('error', (error) => {
    cause = error
  })
  ws.on('message', (data, isBinary) => handler.message(isBinary ? '' : data.toString(), isBinary))
  ws.once('close', (code) => handler.closed(cause?.message ?? `closed with code ${code}`))
}

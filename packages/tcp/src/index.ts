/**
 * The TCP transport of ethspan, for Node: dials and listens with `node:net`, and decides by address who may connect.
 *
 * ```ts
 * import { tcp } from '@ethspan/tcp'
 * const server = new Server({ privateKey, transports: [tcp({ listen: { port: 30303 } })] })
 * ```
 */
export { TcpChannel } from './channel.js'
export { type TcpOptions, tcp } from './tcp.js'

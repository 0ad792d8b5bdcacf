// The ways into a node's JSON-RPC that need Node, and clients for them.

export { type AuthOptions, auth, DEFAULT_AUTH_PORT } from './auth.js'
export { connect } from './connect.js'
export { EndpointController, type EndpointControllerOptions } from './controller.js'
export { DEFAULT_APIS, DEFAULT_HTTP_HOST, DEFAULT_HTTP_PORT, type HttpOptions, http } from './http.js'
export { HttpHosts } from './http-hosts.js'
export { type IpcOptions, ipc, ipcPath } from './ipc.js'
export { defaultEndpointLimits, type EndpointLimits } from './limits.js'
export { DEFAULT_WS_PORT, type WsOptions, ws } from './ws.js'

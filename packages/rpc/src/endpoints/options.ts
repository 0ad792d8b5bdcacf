import { EthspanError } from '@ethspan/core'
import type { EndpointContext } from '@ethspan/node'

/** @throws {EthspanError} ERR_INVALID_OPTION */
export function checkListenOptions(name: string, host: string, port: number): void {
  if (host === '') throw new EthspanError('ERR_INVALID_OPTION', `the host of the ${name} endpoint is empty`)
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return
  throw new EthspanError('ERR_INVALID_OPTION', `${port} is not a port for the ${name} endpoint: give 0 to 65535`)
}

/** Says which of the namespaces asked for nobody offers: most likely a slip of the pen. Geth: `RegisterApis`. */
export function warnOfMissing(endpoint: string, namespaces: readonly string[], { apis, log }: EndpointContext): void {
  const available = new Set(['rpc', ...apis().map(({ namespace }) => namespace)])
  const unavailable = namespaces.filter((namespace) => !available.has(namespace))
  if (unavailable.length === 0) return
  log.warn('unavailable modules in the list of apis', { endpoint, unavailable, available: [...available] })
}

// Where the page's gateway is: `GET node.json`, beside the page.
import type { GatewayInfo } from './client.js'

/** How long the gateway has to answer; milliseconds. */
const ANSWER_TIMEOUT = 5000
/** More than any honest answer; characters. */
const MAX_ANSWER = 10_000

/** Reads what `node.json` says. @throws {Error} saying what is wrong with it. */
export function parseGatewayInfo(text: string): GatewayInfo {
  if (text.length > MAX_ANSWER) throw new Error('its node.json is too long')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new Error('its node.json is not JSON', { cause })
  }
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  const field = (name: string): string => {
    const content = fields[name]
    if (typeof content !== 'string') throw new Error(`its node.json lacks "${name}"`)
    return content
  }
  const info = {
    name: field('name'),
    id: field('id'),
    dial: field('dial'),
    enode: field('enode'),
    version: field('version'),
  }
  if (!/^[0-9a-f]{64}$/.test(info.id)) throw new Error('the id in its node.json is not a node id')
  return info
}

/** Asks the page's own origin for its gateway. @throws {Error} saying why there is no answer. */
export async function findGateway(base: string): Promise<GatewayInfo> {
  let response: Response
  try {
    response = await fetch(new URL('node.json', base), {
      cache: 'no-store',
      signal: AbortSignal.timeout(ANSWER_TIMEOUT),
    })
  } catch (cause) {
    throw new Error('the gateway does not answer', { cause })
  }
  if (!response.ok) throw new Error(`the gateway answers with HTTP status ${response.status}`)
  return parseGatewayInfo(await response.text())
}

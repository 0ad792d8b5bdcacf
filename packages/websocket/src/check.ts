import { asError, type DialCheck, Enode, isLoopback } from '@ethspan/core'

/** What decides which addresses a page may dial; a Location or a URL fits. */
export interface Page {
  /** Such as `https:`. */
  readonly protocol: string
}

/** The page this code runs in, a worker's too; undefined outside a browser. */
export const thisPage = (): Page | undefined => {
  const { location, origin } = globalThis as { location?: Page; origin?: string }
  // A worker made from a blob has a blob's location, but the origin of its page.
  if (origin !== undefined && origin !== 'null') return new URL(origin)
  return location
}

/** Whether `webSocket()` can dial `node`; `page` undefined stands for a program outside a browser. */
export const checkNode = (node: Enode, page: Page | undefined): DialCheck => {
  const { ws } = node.endpoint
  if (ws === undefined) return { ok: false, why: noWebSocketAddress(node, page) }
  return checkUrl(ws, page)
}

/**
 * Whether the address that a person typed can be dialed from here over WebSocket, before trying.
 * @param text an enode URL of any kind, or a node record
 * @param page where this runs; default: the page itself, none outside a browser
 */
export function explainDial(text: string, page: Page | undefined = thisPage()): DialCheck {
  const trimmed = text.trim()
  if (trimmed === '') return { ok: false, why: 'There is no address to dial yet.' }
  if (/^wss?:/i.test(trimmed)) {
    return {
      ok: false,
      why: 'A WebSocket URL alone does not say who is there; the address to dial is enode+ws(s)://<public key>@host:port/path.',
    }
  }
  let node: Enode
  try {
    node = Enode.parse(trimmed)
  } catch (error) {
    return { ok: false, why: sentence(`This is no node address: ${asError(error).message}`) }
  }
  return checkNode(node, page)
}

const noWebSocketAddress = (node: Enode, page: Page | undefined): string => {
  const { host, tcpPort } = node.endpoint
  if (host === undefined || tcpPort === undefined) return 'This node tells no address to dial.'
  return page === undefined
    ? 'This node has a TCP address only, which the TCP transport dials.'
    : 'This node has a TCP address only, and a browser cannot open TCP connections; dial its enode+ws(s):// address.'
}

const checkUrl = (address: string, page: Page | undefined): DialCheck => {
  const url = new URL(address)
  // Loopback counts as trustworthy without TLS. Source: W3C Secure Contexts, "potentially trustworthy origin".
  if (page?.protocol === 'https:' && url.protocol === 'ws:' && !isLoopback(url.hostname)) {
    return {
      ok: false,
      why: `This page came over https, and from there browsers block the unencrypted ws://${url.host} (mixed content); the node needs a wss:// address.`,
    }
  }
  return { ok: true, address }
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)

import type { IncomingMessage, ServerResponse } from 'node:http'

/** Seconds a browser may remember the answer to a preflight. Geth: `newCorsHandler`. */
const MAX_AGE_SECONDS = 600
const METHODS = ['GET', 'POST']

/**
 * Sets the CORS headers of an answer, as geth does with its list of domains; an empty list sets none, so that no page of
 * another origin reads anything. Returns true where the request was a preflight and is answered.
 * @param origins such as `https://app.example`; `*` stands for any, or once within an entry for any part of it
 */
export function cors(request: IncomingMessage, response: ServerResponse, origins: readonly string[]): boolean {
  if (origins.length === 0) return false
  const { origin } = request.headers
  const wanted = request.headers['access-control-request-method']
  const preflight = request.method === 'OPTIONS' && wanted !== undefined
  response.setHeader(
    'Vary',
    preflight ? 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers' : 'Origin',
  )
  const method = preflight ? wanted.toUpperCase() : (request.method ?? '')
  if (origin !== undefined && originAllowed(origin, origins) && METHODS.includes(method)) {
    response.setHeader('Access-Control-Allow-Origin', origins.includes('*') ? '*' : origin)
    if (preflight) {
      response.setHeader('Access-Control-Allow-Methods', method)
      const headers = request.headers['access-control-request-headers']
      if (headers !== undefined) response.setHeader('Access-Control-Allow-Headers', headers)
      response.setHeader('Access-Control-Max-Age', MAX_AGE_SECONDS)
    }
  }
  if (preflight) response.writeHead(200).end()
  return preflight
}

function originAllowed(origin: string, allowed: readonly string[]): boolean {
  const asked = origin.toLowerCase()
  return allowed.some((entry) => {
    const pattern = entry.toLowerCase()
    const at = pattern.indexOf('*')
    if (at < 0) return pattern === asked
    const before = pattern.slice(0, at)
    const after = pattern.slice(at + 1)
    return asked.length >= before.length + after.length && asked.startsWith(before) && asked.endsWith(after)
  })
}

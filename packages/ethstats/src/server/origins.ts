// Which pages may watch and report.
import { type HttpReach, type HttpRequest, isOwnPage } from '@ethspan/core/netutil'

export interface OriginPolicy extends HttpReach {
  /** Undefined: pages of this server's own host. */
  readonly origins: readonly string[] | undefined
}

/** Whether the page that asks may watch. What is no browser names no origin, and may. */
export function isOriginAllowed(request: HttpRequest, policy: OriginPolicy): boolean {
  const { origin } = request.headers
  const { origins } = policy
  if (origin === undefined) return true
  if (origins === undefined) return isOwnPage(request, policy)
  return origins.includes('*') || origins.includes(origin)
}

/** What geth sends as its origin, and others after it; no page is served there that could dial. */
const REPORTER_ORIGIN = 'http://localhost'

/** Whether who asks is a program, or a page that may watch. */
export const isOwnReporter = (request: HttpRequest, policy: OriginPolicy): boolean =>
  request.headers.origin === REPORTER_ORIGIN || isOriginAllowed(request, policy)

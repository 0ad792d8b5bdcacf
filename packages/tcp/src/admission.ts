import type { Clock } from '@ethspan/core'
import { InboundThrottle, type Netlist } from '@ethspan/core/netutil'

export interface AdmissionOptions {
  readonly netRestrict: Netlist | undefined
  /** Milliseconds between two connections from one address outside of the local network; false: no throttle. */
  readonly intervalMs: number | false
  readonly clock: Pick<Clock, 'now'>
}

/** Decides about inbound connections by their address, geth's `checkInboundConn`: says why not, or undefined to let it in. */
export function inboundAdmission(options: AdmissionOptions): (ip: string) => string | undefined {
  const { netRestrict, intervalMs, clock } = options
  const throttle = intervalMs === false ? undefined : new InboundThrottle({ clock, intervalMs })
  return (ip) => {
    if (netRestrict?.contains(ip) === false) return outside(ip, netRestrict)
    if (throttle?.admit(ip) === false) return `${ip} connects too often`
    return undefined
  }
}

/** The words for an address that the net restriction keeps out, inbound or dialed. */
export const outside = (ip: string, netRestrict: Netlist) =>
  `${ip} is outside of the permitted networks (${netRestrict})`

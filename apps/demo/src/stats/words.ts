// Numbers of blocks, gas and time as people read them.
import { formatAge } from '../text/format.js'

/** Milliseconds. */
const DAY = 86_400_000
/** Milliseconds; what is older has a time that nobody meant, such as that of a test's genesis block. */
const LONG_AGO = 10 * 365 * DAY
const GWEI = 1e9
const units = ['', ' k', ' M', ' G', ' T', ' P']

/** `21,004,331`. */
export const groupDigits = (n: number): string => String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ',')

/** `987`, `9,870`, `98.7 k`, `1.2 M`: four digits at most. */
export function compact(n: number): string {
  if (n < 9_999.5) return groupDigits(Math.round(n))
  let value = n
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${value >= 99.95 ? groupDigits(Math.round(value)) : value.toFixed(1)}${units[unit]}`
}

/** `7 wei`, `0.012 gwei`, `1.5 gwei`, `230 gwei`. */
export function formatGasPrice(wei: number): string {
  if (wei < 1e5) return `${groupDigits(wei)} wei`
  const gwei = wei / GWEI
  const digits = gwei >= 99.95 ? 0 : gwei >= 9.995 ? 1 : gwei >= 0.9995 ? 2 : 4
  return `${digits === 0 ? compact(gwei) : trimZeros(gwei.toFixed(digits))} gwei`
}

/** `0.5 s`, `12 s`, `12.3 s`, `3 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds >= 99.95) return formatAge(seconds * 1000)
  return `${trimZeros(seconds.toFixed(1))} s`
}

/** Since then: `now`, `42 s`, `3 min`, `4 d 3 h`, `37 d`. */
function formatSince(at: number, now: number): string {
  const age = now - at
  if (age >= LONG_AGO) return 'long ago'
  return age >= 10 * DAY ? `${Math.floor(age / DAY)} d` : formatAge(age)
}

/** With `ago` where that can be said: `42 s ago`. */
export function formatAgo(at: number, now: number): string {
  const age = formatSince(at, now)
  return age === 'now' || age === 'long ago' ? age : `${age} ago`
}

/** Of one: `0 %`, `0.4 %`, `47 %`, `99.9 %`, `100 %`. */
export function formatShare(share: number): string {
  const percent = 100 * Math.min(1, Math.max(0, share))
  const isNearEnd = (percent > 0 && percent < 1) || (percent > 99 && percent < 100)
  return `${isNearEnd ? trimZeros(percent.toFixed(1)) : Math.round(percent)} %`
}

const trimZeros = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text)

// Amounts of coins as people write and read them. Within, they are wei: whole numbers, as decimal text.

/** Digits after the point that a coin has. */
const DECIMALS = 18
/** Digits after the point that are shown. */
const SHOWN = 4

/**
 * `10`, `0.5`, `1.2346`, `<0.0001`: wei as coins, rounded to what is worth reading. What is left of a balance is rounded down,
 * so that nobody is shown more than there is.
 */
export function formatCoins(wei: string): string {
  const digits = wei.padStart(DECIMALS + 1, '0')
  const whole = digits.slice(0, -DECIMALS)
  const fraction = digits.slice(-DECIMALS, SHOWN - DECIMALS).replace(/0+$/, '')
  if (whole === '0' && fraction === '' && wei !== '0') return `<0.${'1'.padStart(SHOWN, '0')}`
  return fraction === '' ? whole : `${whole}.${fraction}`
}

/** Wei of an amount such as `0.5` or `0,5`; undefined where it is none, is nothing, or is finer than a wei. */
export function parseCoins(text: string): bigint | undefined {
  const [, whole, fraction = ''] = /^(\d{1,12})(?:[.,](\d{1,18}))?$/.exec(text.trim()) ?? []
  if (whole === undefined) return undefined
  const wei = BigInt(whole + fraction.padEnd(DECIMALS, '0'))
  return wei > 0n ? wei : undefined
}

/** `1 gwei`, `0.875 gwei`, `12 wei`: a price for gas. */
export function formatGasPrice(wei: string): string {
  if (BigInt(wei) < 1_000_000n) return `${wei} wei`
  const milli = (BigInt(wei) + 500_000n) / 1_000_000n
  return `${Number(milli) / 1000} gwei`
}

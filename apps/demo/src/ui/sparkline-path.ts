export interface SparklinePath {
  readonly line: string
  readonly area: string
  readonly last: { readonly x: number; readonly y: number }
}

/** Room for the dot and the stroke. */
const PADDING = 3
/** Values drawn across the full width at least, so that the first few do not look like a trend. */
const MIN_SLOTS = 12

/** Two values or more as SVG paths in a box of `width` × `height`; the newest is at the end, zero at the bottom. */
export function sparkline(values: readonly number[], width: number, height: number): SparklinePath {
  const top = Math.max(...values, Number.MIN_VALUE)
  const step = (width - 2 * PADDING) / (Math.max(values.length, MIN_SLOTS) - 1)
  const points = values.map((value, index) => ({
    x: round(PADDING + index * step),
    y: round(height - PADDING - (value / top) * (height - 2 * PADDING)),
  }))
  const line = points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join('')
  const first = points[0]!
  const last = points.at(-1)!
  return { line, area: `${line}L${last.x} ${height}L${first.x} ${height}Z`, last }
}

const round = (value: number): number => Math.round(value * 10) / 10

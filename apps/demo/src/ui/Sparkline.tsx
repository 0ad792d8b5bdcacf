import { formatRoundTrip } from '../text/format.js'
import { sparkline } from './sparkline-path.js'

const WIDTH = 72
const HEIGHT = 20

export function Sparkline({ values }: { values: readonly number[] }) {
  if (values.length < 2) return <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true" />
  const { line, area, last } = sparkline(values, WIDTH, HEIGHT)
  const words = `Round trips from ${formatRoundTrip(Math.min(...values))} to ${formatRoundTrip(Math.max(...values))}`
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={words}>
      <path class="spark-area" d={area} />
      <path class="spark-line" d={line} />
      <circle class="spark-dot" cx={last.x} cy={last.y} r="2" />
    </svg>
  )
}

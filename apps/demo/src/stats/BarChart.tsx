/** One bar. */
export interface Bar {
  readonly key: string
  /** Undefined leaves the place empty. */
  readonly value: number | undefined
  /** What it stands for, in words: shown where the pointer rests. */
  readonly words: string
}

const WIDTH = 240
const HEIGHT = 56
/** Share of a bar's place that is left free. */
const GAP = 0.28
/** The least that is drawn of a bar, so that nothing looks like something: units of the drawing. */
const LEAST = 1.5
/** Share of the width by which the words of the left end are moved in at most: then those of the other end have room. */
const MAX_INDENT = 0.55

interface Props {
  readonly title: string
  /** The figure beside the title. */
  readonly figure: string
  /** All of the chart in a sentence, for who does not see it. */
  readonly summary: string
  readonly bars: readonly Bar[]
  /** A series has its newest at the end, which is marked. */
  readonly kind: 'series' | 'histogram'
  /** Places along the width; fewer bars stand at the right end. */
  readonly slots: number
  /** The value that fills the height; what is larger does, too. */
  readonly top: number
  /** Below the first bar, where it has room there, and the right end. */
  readonly ends: readonly [string, string]
  readonly testid: string
}

export function BarChart({ kind, title, figure, summary, bars, slots, top, ends, testid }: Props) {
  const highest = Math.max(top, Number.MIN_VALUE)
  const place = WIDTH / slots
  return (
    <section class={`card chart ${kind}`} data-testid={testid}>
      <div class="chart-head">
        <h2>{title}</h2>
        <p class="numeric">{figure}</p>
      </div>
      <svg
        class="bars"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title}: ${summary}`}
      >
        <path class="bars-ground" d={`M0 ${HEIGHT - 0.5}H${WIDTH}`} />
        {bars.map(({ key, value, words }, index) => {
          const x = (slots - bars.length + index) * place
          const height = value === undefined ? 0 : Math.max(LEAST, (Math.min(value, highest) / highest) * HEIGHT)
          return (
            <g key={key} class={kind === 'series' && index === bars.length - 1 ? 'bar last' : 'bar'}>
              <title>{words}</title>
              {/* The whole place, so that a short bar is found by the pointer, too. */}
              <rect class="bar-place" x={x} y={0} width={place} height={HEIGHT} />
              <rect
                class="bar-value"
                x={x + (place * GAP) / 2}
                y={HEIGHT - height}
                width={place * (1 - GAP)}
                height={height}
              />
            </g>
          )
        })}
      </svg>
      <p class="chart-ends muted numeric" aria-hidden="true">
        <span style={{ marginLeft: `${Math.min(MAX_INDENT, 1 - bars.length / slots) * 100}%` }}>{ends[0]}</span>
        <span>{ends[1]}</span>
      </p>
    </section>
  )
}

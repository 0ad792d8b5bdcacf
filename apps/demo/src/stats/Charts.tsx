import type { BlockView, PropagationBin } from '@ethspan/ethstats/feed'
import { count } from '../text/format.js'
import { BarChart } from './BarChart.js'
import { average, valuesOf, withoutPauses } from './figures.js'
import { figures, picture } from './store.js'
import { compact, formatSeconds, formatShare, groupDigits } from './words.js'

/** Places for blocks; the server tells as many. */
const BLOCKS = 40
const UNKNOWN = '–'

/** A chart of one figure of each block. */
interface BlockChart {
  readonly title: string
  readonly testid: string
  readonly value: (block: BlockView) => number | undefined
  readonly format: (value: number) => string
  /** What stands beside the title: the last value, or the average. */
  readonly shows: 'last' | 'average'
  /** What fills the height. Default: the largest of the usual values. */
  readonly top?: number
  /** The values that are drawn to scale and counted in the average. Default: all. */
  readonly usual?: (values: readonly number[]) => readonly number[]
}

const always: readonly BlockChart[] = [
  {
    title: 'Block time',
    testid: 'chart-time',
    value: ({ time }) => time,
    format: formatSeconds,
    shows: 'average',
    usual: withoutPauses,
  },
  {
    title: 'Gas used',
    testid: 'chart-gas',
    value: ({ gasUsed, gasLimit }) => (gasLimit === 0 ? undefined : gasUsed / gasLimit),
    format: formatShare,
    shows: 'average',
    top: 1,
  },
  {
    title: 'Transactions',
    testid: 'chart-transactions',
    value: ({ transactions }) => transactions,
    format: compact,
    shows: 'last',
  },
]
/** Only of chains that have them: none since the merge. */
const proofOfWork: readonly BlockChart[] = [
  {
    title: 'Difficulty',
    testid: 'chart-difficulty',
    value: ({ difficulty }) => difficulty,
    format: compact,
    shows: 'last',
  },
  { title: 'Uncles', testid: 'chart-uncles', value: ({ uncles }) => uncles, format: compact, shows: 'last' },
]

export function Charts() {
  const { blocks, propagation } = picture.value
  const seen = proofOfWork.filter(({ value }) => blocks.some((block) => (value(block) ?? 0) > 0))
  return (
    <div class="charts">
      {[...always, ...seen].map((chart) => (
        <OfBlocks key={chart.testid} chart={chart} blocks={blocks} />
      ))}
      <Propagation bins={propagation} />
    </div>
  )
}

function OfBlocks({ chart, blocks }: { chart: BlockChart; blocks: readonly BlockView[] }) {
  const { title, testid, value, format, shows, usual = (values) => values } = chart
  const values = valuesOf(blocks, value)
  const scaled = usual(values)
  const mean = average(scaled) ?? 0
  const last = values.at(-1)
  const figure = last === undefined ? UNKNOWN : shows === 'last' ? format(last) : `${format(mean)} on average`
  const [least, most] = [Math.min(...values), Math.max(...values)]
  return (
    <BarChart
      kind="series"
      title={title}
      testid={testid}
      figure={figure}
      summary={
        last === undefined
          ? 'nothing known yet'
          : `from ${format(least)} to ${format(most)} over ${count(values.length, 'block')}, ${format(mean)} on average, ${format(last)} last`
      }
      bars={blocks.map((block) => {
        const of = value(block)
        const words = `#${groupDigits(block.number)}: ${of === undefined ? 'not known' : format(of)}`
        return { key: block.hash, value: of, words }
      })}
      slots={BLOCKS}
      top={chart.top ?? Math.max(0, ...scaled)}
      ends={[blocks[0] === undefined ? '' : `#${groupDigits(blocks[0].number)}`, bestWords()]}
    />
  )
}

function bestWords(): string {
  const { best } = figures.value
  return best === undefined ? 'no blocks yet' : `#${groupDigits(best.number)}`
}

function Propagation({ bins }: { bins: readonly PropagationBin[] }) {
  const total = bins.reduce((sum, bin) => sum + bin.count, 0)
  const half = middleBin(bins, total)
  const words = bins.map(({ upTo, count: some }, index) => {
    const range =
      upTo === undefined ? `later than ${milliseconds(bins[index - 1]?.upTo ?? 0)}` : `within ${milliseconds(upTo)}`
    return `${range}: ${count(some, 'report')}`
  })
  return (
    <BarChart
      kind="histogram"
      title="Propagation"
      testid="chart-propagation"
      figure={half === undefined ? UNKNOWN : half}
      summary={total === 0 ? 'nothing known yet' : `of ${count(total, 'report')}, ${words.join('; ')}`}
      bars={bins.map(({ count: some }, index) => ({
        key: String(index),
        value: some === 0 ? undefined : some,
        words: words[index]!,
      }))}
      slots={Math.max(1, bins.length)}
      top={Math.max(0, ...bins.map(({ count: some }) => some))}
      ends={bins.length === 0 ? ['', ''] : ['50 ms', 'over 10 s']}
    />
  )
}

/** Within what time half of the reports came, in words. */
function middleBin(bins: readonly PropagationBin[], total: number): string | undefined {
  if (total === 0) return undefined
  let sum = 0
  for (const [index, { upTo, count: some }] of bins.entries()) {
    sum += some
    if (sum * 2 < total) continue
    return upTo === undefined ? `> ${milliseconds(bins[index - 1]?.upTo ?? 0)}` : `≤ ${milliseconds(upTo)}`
  }
  return undefined
}

const milliseconds = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${ms / 1000} s`)

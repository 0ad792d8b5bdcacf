import type { ComponentChildren } from 'preact'
import { figures, now } from './store.js'
import { compact, formatAgo, formatGasPrice, formatSeconds, groupDigits } from './words.js'

const UNKNOWN = '–'

export function FigureBar() {
  const { best, blockTime, active, nodes, gasPrice, pending } = figures.value
  return (
    <section class="card stats-figures-card" aria-label="Figures">
      <dl class="stats-figures">
        <Figure name="Best block" testid="best-block" kind="main">
          {/* Made anew with each block, which is what makes it light up. */}
          <span key={best?.hash ?? ''} class="fresh">
            {best === undefined ? UNKNOWN : groupDigits(best.number)}
          </span>
        </Figure>
        <Figure name="Last block" testid="last-block" kind="main">
          <Age at={best?.at} />
        </Figure>
        <Figure name="Block time" testid="block-time">
          {blockTime === undefined ? UNKNOWN : formatSeconds(blockTime)}
        </Figure>
        <Figure name="Active nodes" testid="active-nodes">
          {active}
          <small> of {nodes}</small>
        </Figure>
        <Figure name="Gas price" testid="gas-price">
          {gasPrice === undefined ? UNKNOWN : formatGasPrice(gasPrice)}
        </Figure>
        <Figure name="Pending" testid="pending">
          {pending === undefined ? UNKNOWN : compact(pending)}
        </Figure>
      </dl>
    </section>
  )
}

function Age({ at }: { at: number | undefined }) {
  if (at === undefined) return <>{UNKNOWN}</>
  const [age, ago] = formatAgo(at, now.value).split(/ (?=ago$)/)
  return (
    <>
      {age}
      {ago && <small> {ago}</small>}
    </>
  )
}

function Figure(props: { name: string; testid: string; kind?: 'main'; children: ComponentChildren }) {
  return (
    <div class={`stats-figure ${props.kind ?? ''}`}>
      <dt>{props.name}</dt>
      <dd data-testid={props.testid}>{props.children}</dd>
    </div>
  )
}

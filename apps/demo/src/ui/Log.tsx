import { useSignal } from '@preact/signals'
import { filterLog, type LogFilter } from '../client/bounded.js'
import { log } from '../state/store.js'
import { formatTime } from '../text/format.js'

const kinds: readonly { kind: LogFilter['kind']; words: string }[] = [
  { kind: 'all', words: 'All' },
  { kind: 'node', words: 'Node' },
  { kind: 'dial', words: 'Dials' },
  { kind: 'peer', words: 'Peers' },
  { kind: 'network', words: 'Network' },
  { kind: 'chain', words: 'Chain' },
]

export function Log() {
  const filter = useSignal<LogFilter>({ kind: 'all', text: '' })
  const entries = filterLog(log.value, filter.value)
  return (
    <section class="card log" aria-labelledby="log-title">
      <div class="card-head">
        <h2 id="log-title">Events</h2>
        <input
          class="field small"
          type="search"
          aria-label="Find in the events"
          placeholder="Find"
          data-testid="log-find"
          onInput={(event) => {
            filter.value = { ...filter.value, text: event.currentTarget.value }
          }}
        />
      </div>
      <fieldset class="chips">
        <legend class="offscreen">Which events to show</legend>
        {kinds.map(({ kind, words }) => (
          <label key={kind} class="chip">
            <input
              type="radio"
              name="log-kind"
              checked={filter.value.kind === kind}
              onChange={() => {
                filter.value = { ...filter.value, kind }
              }}
            />
            <span>{words}</span>
          </label>
        ))}
      </fieldset>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <ol class="entries" tabIndex={0} aria-labelledby="log-title" data-testid="log">
        {entries.map((entry) => (
          <li key={entry.seq} class={`entry tone-${entry.tone}`} data-testid="log-entry" data-kind={entry.kind}>
            <time class="muted small">{formatTime(entry.at)}</time>
            <div>
              <p dir="auto">
                {entry.text}
                {entry.times > 1 && <span class="muted"> ×{entry.times}</span>}
              </p>
              {entry.detail && (
                <p class="muted small" dir="auto">
                  {entry.detail}
                </p>
              )}
            </div>
          </li>
        ))}
        {entries.length === 0 && (
          <li class="empty">{log.value.length === 0 ? 'Nothing happened yet.' : 'Nothing matches.'}</li>
        )}
      </ol>
    </section>
  )
}

import { useState } from 'preact/hooks'
import type { PassedMessage } from '../client/client.js'
import { formatBytes, formatMoment } from '../text/format.js'
import { codeText, messageName } from '../words/message-names.js'
import { shownOf } from '../words/peer-fields.js'
import { Icon } from './icons.js'

const ALL = 'all'

/** The messages that passed, newest first. */
export function Timeline({ messages }: { messages: readonly PassedMessage[] }) {
  const [protocol, setProtocol] = useState(ALL)
  const protocols = [...new Set(messages.map((message) => message.protocol))].sort()
  const shown = messages.filter((message) => protocol === ALL || message.protocol === protocol).reverse()
  return (
    <section class="timeline" aria-labelledby="timeline-title">
      <div class="timeline-head">
        <h3 id="timeline-title">Messages</h3>
        <span class="muted small">{shownOf(shown.length, messages.length)}</span>
        <fieldset class="chips">
          <legend class="offscreen">Which messages to show</legend>
          {[ALL, ...protocols].map((each) => (
            <label key={each} class="chip">
              <input
                type="radio"
                name="timeline-protocol"
                checked={protocol === each}
                onChange={() => setProtocol(each)}
              />
              <span>{each === ALL ? 'All' : each}</span>
            </label>
          ))}
        </fieldset>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <ol class="passed" tabIndex={0} aria-labelledby="timeline-title" data-testid="timeline">
        {shown.map((message) => (
          <Passed key={message.seq} message={message} />
        ))}
        {shown.length === 0 && <li class="empty">No message passed yet.</li>}
      </ol>
    </section>
  )
}

function Passed({ message }: { message: PassedMessage }) {
  const { direction, protocol, code, size, at } = message
  return (
    <li
      class={`passed-message ${direction}`}
      data-testid="passed"
      data-protocol={protocol}
      data-code={code}
      data-direction={direction}
    >
      <time class="muted">{formatMoment(at)}</time>
      <span class="passed-direction">
        <Icon name={direction === 'in' ? 'down' : 'up'} />
        {direction}
      </span>
      <strong>{messageName(message)}</strong>
      <code class="muted">
        {protocol} {codeText(code)}
      </code>
      <span class="passed-size">{formatBytes(size)}</span>
    </li>
  )
}

import { CopyButton } from '../ui/CopyButton.js'
import { picture } from './store.js'

/** The host to report to, and the path where a proxy puts this page below one. */
const place = (): string => {
  const { host, pathname } = new URL('./', location.href)
  return `${location.protocol === 'http:' ? 'ws://' : ''}${host}${pathname.replace(/\/+$/, '')}`
}

export function HowToReport() {
  const target = `"my-node:<secret>@${place()}"`
  return (
    <details class="card how" open={picture.value.nodes.length === 0} data-testid="how-to">
      <summary>
        <h2>Report a node here</h2>
      </summary>
      <p class="muted">
        Any node that speaks ethstats can: give it a name and the secret that this server was started with (see
        <code> --stats.secret</code>).
      </p>
      <Command what="command for geth" text={`geth --ethstats ${target}`} />
      <Command what="command for ethspan" text={`ethspan run --ethstats ${target}`} />
    </details>
  )
}

function Command({ text, what }: { text: string; what: string }) {
  return (
    <div class="command">
      <code>{text}</code>
      <CopyButton text={text} what={what} />
    </div>
  )
}

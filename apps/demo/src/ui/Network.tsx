import { useSignal } from '@preact/signals'
import { network } from '../state/store.js'
import { clean } from '../text/clean.js'
import { displayName, parseClientName } from '../text/client-name.js'
import { count, shortId } from '../text/format.js'
import { Avatar } from './Avatar.js'
import { Graph } from './Graph.js'
import { MAX_DRAWN } from './graph-layout.js'

/** Protocols named for the chosen node. */
const MAX_CAPS = 8

export function NetworkView() {
  const chosen = useSignal<string | undefined>(undefined)
  const { nodes } = network.value
  const hidden = nodes.length - MAX_DRAWN
  return (
    <section class="card network" aria-labelledby="network-title">
      <div class="card-head">
        <h2 id="network-title">Network</h2>
        <p class="muted">
          {count(nodes.length, 'node')}, as the gateway sees it
          {hidden > 0 && `; ${hidden} more not drawn`}
        </p>
      </div>
      <Graph chosen={chosen} />
      <Chosen id={chosen.value} />
    </section>
  )
}

/** What is known of the chosen node; how to choose one, as long as there is none. */
function Chosen({ id }: { id: string | undefined }) {
  const node = network.value.nodes.find((candidate) => candidate.id === id)
  if (node === undefined) {
    return (
      <div class="chosen muted small">
        <ul class="legend">
          <li>
            <span class="swatch tab" /> browser tab
          </li>
          <li>
            <span class="swatch program" /> program
          </li>
          <li>
            <span class="swatch you" /> you
          </li>
        </ul>
      </div>
    )
  }
  const { client, version } = parseClientName(node.name)
  return (
    <div class="chosen" data-testid="chosen-node">
      <Avatar id={node.id} size={28} />
      <strong dir="auto">{displayName(node.name)}</strong>
      {node.role !== 'node' && <span class="tag">{node.role}</span>}
      <span class="muted small">
        <code>{shortId(node.id)}</code> {client} {version}
        {node.transport !== '' && ` · over ${clean(node.transport, 16)}`}
        {node.caps.length > 0 && ` · ${clean(node.caps.slice(0, MAX_CAPS).join(', '), 120)}`}
      </span>
    </div>
  )
}

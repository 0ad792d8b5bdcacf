import { useSignal } from '@preact/signals'
import type { NetworkNode } from '../client/client.js'
import { OWN_NODE } from '../client/own-node.js'
import { gatewayId, network, nodeState, peers } from '../state/store.js'
import { clean } from '../text/clean.js'
import { displayName, parseClientName } from '../text/client-name.js'
import { count, shortId } from '../text/format.js'
import { Avatar } from './Avatar.js'
import { CopyButton } from './CopyButton.js'
import { useClient } from './client-context.js'
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
          {gatewayId.value === undefined
            ? 'nobody else in sight'
            : `${count(nodes.length, 'node')}, as the gateway sees it`}
          {hidden > 0 && `; ${hidden} of them not drawn`}
        </p>
      </div>
      <Graph chosen={chosen} />
      <Chosen id={chosen.value} />
    </section>
  )
}

/** What is known of the chosen node; as long as there is none, what the shapes mean. */
function Chosen({ id }: { id: string | undefined }) {
  const node = network.value.nodes.find((candidate) => candidate.id === id)
  if (node !== undefined) return <Details node={node} />
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
      <Invitation />
    </div>
  )
}

function Details({ node }: { node: NetworkNode }) {
  const client = useClient()
  const { client: software, version } = parseClientName(node.name)
  const { address } = node
  const connected = peers.value.some((peer) => peer.id === node.id)
  return (
    <div class="chosen" data-testid="chosen-node">
      <Avatar id={node.id} size={28} />
      <strong dir="auto">{displayName(node.name)}</strong>
      {node.role !== 'node' && <span class="tag">{node.role}</span>}
      <span class="muted small">
        <code>{shortId(node.id)}</code> {software} {version}
        {node.transport !== '' && ` · over ${clean(node.transport, 16)}`}
        {node.caps.length > 0 && ` · ${clean(node.caps.slice(0, MAX_CAPS).join(', '), 120)}`}
      </span>
      <CopyButton text={node.id} what="the id of this node" />
      {address?.startsWith('enode+ws') && !connected && node.role === 'node' && (
        <button type="button" class="button" onClick={() => client.dial(address)}>
          Dial
        </button>
      )}
      {/* It stays: Tab goes through the graph, and what vanishes once a node is chosen is never reached. */}
      <Invitation />
    </div>
  )
}

/** How to see somebody else, for those who are alone with the gateway. */
function Invitation() {
  const state = nodeState.value
  if (state.phase !== 'connected' || network.value.nodes.length > 2) return null
  const command = `npx ethspan --peers '${state.gateway.enode}'`
  return (
    <p class="invitation muted small">
      <span>
        Open{' '}
        <a class="link" href={OWN_NODE} target="_blank" rel="noopener" data-testid="open-own">
          a second tab as a node of its own
        </a>
        , or start a node in a terminal, and it appears here.
      </span>
      <CopyButton text={command} what="the command that starts a node in a terminal" label="Copy the command" />
    </p>
  )
}

import type { NodeState } from '../client/client.js'
import { network, nodeState, now, peers, traffic } from '../state/store.js'
import { formatBytes } from '../text/format.js'
import { stateWords } from '../words/state-words.js'
import { useClient } from './client-context.js'
import { Icon } from './icons.js'

export function Status() {
  const state = nodeState.value
  const { title, detail, tone } = stateWords(state, now.value)
  const { in: bytesIn, out: bytesOut } = traffic.value
  return (
    <section class={`status tone-${tone}`} aria-labelledby="status-title">
      <div class="status-head">
        <h1 id="status-title" class="status-title">
          <span class="dot" />
          <span role="status" data-testid="status" data-phase={state.phase}>
            {title}
          </span>
        </h1>
        <Remedy state={state} />
      </div>
      <p class="status-detail" data-testid="status-detail">
        {detail}
      </p>
      <dl class="figures">
        <Figure name="Peers" value={String(peers.value.length)} testid="figure-peers" />
        <Figure name="In network" value={String(network.value.nodes.length)} testid="figure-nodes" />
        <Figure name="In" value={formatBytes(bytesIn)} icon="down" />
        <Figure name="Out" value={formatBytes(bytesOut)} icon="up" />
      </dl>
    </section>
  )
}

/** What the person can do about the state, where there is something. */
function Remedy({ state }: { state: NodeState }) {
  const client = useClient()
  switch (state.phase) {
    case 'reconnecting':
      return <RemedyButton testid="reconnect" words="Try now" act={() => client.reconnect()} />
    case 'disconnected':
      return <RemedyButton testid="reconnect" words="Connect again" act={() => client.reconnect()} />
    case 'stopped':
    case 'failed':
      return <RemedyButton testid="start" words="Start the node" act={() => client.start()} />
    default:
      return null
  }
}

function RemedyButton({ testid, words, act }: { testid: string; words: string; act: () => Promise<void> }) {
  return (
    <button type="button" class="button" data-testid={testid} onClick={act}>
      {words}
    </button>
  )
}

function Figure(props: { name: string; value: string; icon?: 'down' | 'up'; testid?: string }) {
  return (
    <div class="figure">
      <dt>
        {props.icon && <Icon name={props.icon} />}
        {props.name}
      </dt>
      <dd data-testid={props.testid}>{props.value}</dd>
    </div>
  )
}

import { network, nodeState, now, peers, traffic } from '../state/store.js'
import { formatBytes } from '../text/format.js'
import { stateWords } from '../text/state-words.js'
import { useClient } from './client-context.js'
import { Icon } from './icons.js'

export function Status() {
  const client = useClient()
  const state = nodeState.value
  const { title, detail, tone } = stateWords(state, now.value)
  const { in: bytesIn, out: bytesOut } = traffic.value
  return (
    <section class={`status tone-${tone}`} aria-labelledby="status-title">
      <h1 id="status-title" class="status-title">
        <span class="dot" />
        <span role="status" data-testid="status" data-phase={state.phase}>
          {title}
        </span>
      </h1>
      <p class="status-detail" data-testid="status-detail">
        {detail}
      </p>
      {state.phase === 'reconnecting' && (
        <button type="button" class="button" data-testid="reconnect" onClick={() => client.reconnect()}>
          Try now
        </button>
      )}
      {state.phase === 'disconnected' && (
        <button type="button" class="button primary" data-testid="reconnect" onClick={() => client.reconnect()}>
          Connect again
        </button>
      )}
      {(state.phase === 'stopped' || state.phase === 'failed') && (
        <button type="button" class="button primary" data-testid="start" onClick={() => client.start()}>
          Start the node
        </button>
      )}
      <dl class="figures">
        <Figure name="Peers" value={String(peers.value.length)} testid="figure-peers" />
        <Figure name="In network" value={String(network.value.nodes.length)} testid="figure-nodes" />
        <Figure name="In" value={formatBytes(bytesIn)} icon="down" />
        <Figure name="Out" value={formatBytes(bytesOut)} icon="up" />
      </dl>
    </section>
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

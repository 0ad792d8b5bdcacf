import { type Signal, useSignal } from '@preact/signals'
import type { PeerInfo } from '../client/client.js'
import { gatewayId, now, peers, roundTrips } from '../state/store.js'
import { shownCaps } from '../text/caps.js'
import { clean } from '../text/clean.js'
import { displayName, parseClientName } from '../text/client-name.js'
import { count, formatAge, formatBytes, formatRoundTrip, shortId } from '../text/format.js'
import { Avatar } from './Avatar.js'
import { useClient } from './client-context.js'
import { Dial } from './Dial.js'
import { Icon } from './icons.js'
import { PeerDialog } from './PeerDialog.js'
import { Sparkline } from './Sparkline.js'

/** Protocols shown for each peer; a peer can claim any number. */
const MAX_CAPS = 6

export function Peers() {
  const list = peers.value
  const chosen = useSignal<string | undefined>(undefined)
  return (
    <section class="card peers" aria-labelledby="peers-title">
      <div class="card-head">
        <h2 id="peers-title">Peers</h2>
        <p class="muted">{list.length === 0 ? 'none yet' : count(list.length, 'live connection')}</p>
      </div>
      {list.length === 0 ? (
        <p class="empty">Nobody is connected to this node right now.</p>
      ) : (
        <table class="peer-table" data-testid="peers">
          <thead>
            <tr>
              {['Peer', 'Connection', 'Protocols', 'Round trip', 'In', 'Out', 'Age', ''].map((head) => (
                <th key={head} scope="col">
                  {head || <span class="offscreen">Actions</span>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {list.map((peer) => (
              <PeerRow key={peer.id} peer={peer} chosen={chosen} />
            ))}
          </tbody>
        </table>
      )}
      <Dial />
      <PeerDialog chosen={chosen} />
    </section>
  )
}

function PeerRow({ peer, chosen }: { peer: PeerInfo; chosen: Signal<string | undefined> }) {
  const client = useClient()
  const { client: software, version } = parseClientName(peer.name)
  const name = displayName(peer.name)
  const { inbound, transport, remoteAddress } = peer.network
  return (
    <tr data-testid="peer" data-peer-id={peer.id}>
      <td class="peer-cell">
        <div class="peer-who">
          <Avatar id={peer.id} size={32} />
          <div>
            <p class="peer-name">
              <strong dir="auto">{name}</strong>
              {peer.id === gatewayId.value && <span class="tag">gateway</span>}
            </p>
            <p class="muted small">
              <code title={peer.id}>{shortId(peer.id)}</code> {name === software ? version : `${software} ${version}`}
            </p>
          </div>
        </div>
      </td>
      <td data-label="Connection">
        <span class="direction">
          <Icon name={inbound ? 'inbound' : 'outbound'} />
          {inbound ? 'inbound' : 'outbound'} · {clean(transport, 16)}
        </span>
        <p class="muted small clip" title={clean(remoteAddress, 200)}>
          {clean(remoteAddress, 200).replace(/^wss?:\/\//, '')}
        </p>
      </td>
      <td data-label="Protocols">
        <Caps peer={peer} />
      </td>
      <td data-label="Round trip" class="numeric">
        <span class="round-trip">
          <span>{peer.roundTripTime === undefined ? '–' : formatRoundTrip(peer.roundTripTime)}</span>
          <Sparkline values={roundTrips.value.get(peer.id) ?? []} />
        </span>
      </td>
      <td data-label="In" class="numeric" title={count(peer.traffic.messagesIn, 'message')}>
        {formatBytes(peer.traffic.bytesIn)}
      </td>
      <td data-label="Out" class="numeric" title={count(peer.traffic.messagesOut, 'message')}>
        {formatBytes(peer.traffic.bytesOut)}
      </td>
      <td data-label="Age" class="numeric">
        {formatAge(now.value - peer.connectedSince)}
      </td>
      <td class="peer-action">
        <button
          type="button"
          class="button quiet calm"
          aria-label={`Details of ${name}`}
          aria-haspopup="dialog"
          data-testid="peer-open"
          onClick={() => {
            chosen.value = peer.id
          }}
        >
          Details
        </button>
        <button
          type="button"
          class="button quiet"
          aria-label={`Disconnect ${name}`}
          data-testid="disconnect"
          onClick={() => client.disconnect(peer.id)}
        >
          Disconnect
        </button>
      </td>
    </tr>
  )
}

function Caps({ peer }: { peer: PeerInfo }) {
  const caps = shownCaps(peer.caps, Object.keys(peer.protocols))
  const shown = caps.slice(0, MAX_CAPS)
  return (
    <ul class="caps">
      {shown.map(({ cap, runs }) => (
        <li key={cap} class={runs ? 'cap' : 'cap unused'} title={runs ? 'running' : 'offered, not shared'}>
          {clean(cap, 16)}
        </li>
      ))}
      {caps.length > MAX_CAPS && <li class="cap unused">+{caps.length - MAX_CAPS}</li>}
    </ul>
  )
}

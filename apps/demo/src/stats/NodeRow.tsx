import type { NodeView } from '@ethspan/ethstats/feed'
import { clean, cleanName } from '../text/clean.js'
import { parseClientName } from '../text/client-name.js'
import { formatAge, formatRoundTrip, shortId } from '../text/format.js'
import { lagOf, type Standing, standingOf } from './sort.js'
import { now, yardstick } from './store.js'
import { compact, formatAgo, formatGasPrice, formatShare, groupDigits } from './words.js'

const UNKNOWN = '–'
/** Longest text shown where the pointer rests; code points. */
const MAX_HINT = 200

const tones: { readonly [standing in Standing]: 'good' | 'busy' | 'bad' | 'idle' } = {
  well: 'good',
  behind: 'bad',
  syncing: 'busy',
  quiet: 'idle',
  offline: 'idle',
}

export function NodeRow({ node }: { node: NodeView }) {
  const standing = standingOf(node, yardstick.value)
  const { client, version } = parseClientName(node.client)
  const system = clean(`${node.os} ${node.osVersion}`, 40)
  return (
    <tr
      class={`node-row tone-${tones[standing]} ${standing}`}
      data-testid="node"
      data-node={node.id}
      data-standing={standing}
    >
      <td class="node-cell">
        <div class="node-who">
          <span class="dot" />
          <div>
            <p class="node-name">
              <strong dir="auto">{cleanName(node.id)}</strong>
              {node.network !== yardstick.value.network && <span class="tag">network {node.network || 'unknown'}</span>}
              <span class="node-state">{stateWords(node, standing)}</span>
            </p>
            <p class="muted small clip" title={clean(node.client, MAX_HINT)}>
              {client} {version.replace(/^(v?\d[\d.]*)-.*$/, '$1')} · {system}
            </p>
          </div>
        </div>
      </td>
      <td data-label="Latency" class="numeric">
        {node.latency === undefined ? UNKNOWN : latencyWords(node.latency)}
      </td>
      <td data-label="Peers" class="numeric">
        {node.peers === undefined ? UNKNOWN : compact(node.peers)}
      </td>
      <td data-label="Pending" class="numeric">
        {node.pending === undefined ? UNKNOWN : compact(node.pending)}
      </td>
      <td data-label="Gas price" class="numeric">
        {node.gasPrice === undefined ? UNKNOWN : formatGasPrice(node.gasPrice)}
      </td>
      <td data-label="Last block" class="numeric">
        <LastBlock node={node} />
      </td>
      <td data-label="Propagation" class="numeric">
        <span class="spread">
          <span>{node.block?.propagation === undefined ? UNKNOWN : spreadWords(node.block.propagation)}</span>
          <SpreadBars times={node.propagation} />
        </span>
      </td>
      <td data-label="Up time" class="numeric">
        {formatShare(node.uptime)}
      </td>
    </tr>
  )
}

function LastBlock({ node }: { node: NodeView }) {
  const { block } = node
  if (block === undefined) return <>{UNKNOWN}</>
  const lag = lagOf(node, yardstick.value) ?? 0
  return (
    <>
      <p title={block.hash}>
        #{groupDigits(block.number)} <code class="muted">{shortId(block.hash.slice(2))}</code>
      </p>
      <p class="muted small">
        {formatAgo(block.at, now.value)}
        {lag > 0 && ` · ${compact(lag)} behind`}
      </p>
    </>
  )
}

const BARS_WIDTH = 80
const BARS_HEIGHT = 18
/** As many as the server tells. */
const BARS = 40
/** Milliseconds that fill the height at least, so that a few more do not look like trouble. */
const LEAST_TOP = 200

/** How late the last blocks were. */
function SpreadBars({ times }: { times: readonly number[] }) {
  const shown = times.slice(-BARS)
  const top = Math.max(LEAST_TOP, ...shown)
  const place = BARS_WIDTH / BARS
  if (shown.length === 0) return null
  const words = `The last ${shown.length}: from ${spreadWords(Math.min(...shown))} to ${spreadWords(Math.max(...shown))}`
  return (
    <svg class="spread-bars" viewBox={`0 0 ${BARS_WIDTH} ${BARS_HEIGHT}`} role="img" aria-label={words}>
      <path class="bars-ground" d={`M0 ${BARS_HEIGHT - 0.5}H${BARS_WIDTH}`} />
      {shown.map((time, index) => {
        const height = Math.max(1, (time / top) * BARS_HEIGHT)
        const x = (BARS - shown.length + index) * place
        return <rect key={index} x={x} y={BARS_HEIGHT - height} width={place * 0.7} height={height} />
      })}
    </svg>
  )
}

function stateWords({ since, isSyncing }: NodeView, standing: Standing): string {
  if (standing === 'offline') return `offline for ${formatAge(Math.max(1000, now.value - since))}`
  if (standing === 'quiet') return 'quiet'
  return isSyncing ? 'syncing' : ''
}

const latencyWords = (ms: number): string => (ms < 1 ? '< 1 ms' : formatRoundTrip(ms).replace('.0 ms', ' ms'))
const spreadWords = (ms: number): string => (ms === 0 ? 'first' : formatRoundTrip(ms).replace('.0 ms', ' ms'))

import { identity, network, nodeState, now } from '../state/store.js'
import { count } from '../text/format.js'
import { stateWords } from '../words/state-words.js'
import { Mark } from './icons.js'
import { ThemeButton } from './ThemeButton.js'

export function Header() {
  const { title, tone } = stateWords(nodeState.value, now.value)
  return (
    <header class="header">
      <a class="brand" href="./" aria-label="ethspan, this page">
        <Mark />
        <span>ethspan</span>
      </a>
      <p class="tagline">
        {identity.value?.home === 'worker' ? 'a devp2p node in this browser' : 'a devp2p node in this tab'}
      </p>
      <span class={`pill tone-${tone}`} data-testid="status-pill">
        <span class="dot" />
        {nodeState.value.phase === 'connected' ? `${count(network.value.nodes.length, 'node')} live` : title}
      </span>
      <a class="button stats-link" href="./stats" data-testid="stats-link">
        Stats
      </a>
      <ThemeButton />
    </header>
  )
}

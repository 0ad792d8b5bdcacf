import { identity, network, nodeState, now } from '../state/store.js'
import { nextTheme, theme } from '../state/theme.js'
import { count } from '../text/format.js'
import { stateWords } from '../text/state-words.js'
import { Icon, Mark } from './icons.js'

const themes = {
  system: { icon: 'system', words: 'Theme: as the system' },
  light: { icon: 'sun', words: 'Theme: light' },
  dark: { icon: 'moon', words: 'Theme: dark' },
} as const

export function Header() {
  const { title, tone } = stateWords(nodeState.value, now.value)
  const { icon, words } = themes[theme.value]
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
      <button
        type="button"
        class="button icon-only"
        title={words}
        aria-label={words}
        data-testid="theme"
        onClick={nextTheme}
      >
        <Icon name={icon} />
      </button>
    </header>
  )
}

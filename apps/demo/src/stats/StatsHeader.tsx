import { count } from '../text/format.js'
import { Mark } from '../ui/icons.js'
import { ThemeButton } from '../ui/ThemeButton.js'
import { feedState, figures, localNow } from './store.js'
import { formatSeconds } from './words.js'

export function StatsHeader() {
  const { words, tone } = connection()
  return (
    <header class="header">
      <a class="brand" href="./" aria-label="ethspan, the node’s page">
        <Mark />
        <span>ethspan</span>
      </a>
      <p class="tagline">network stats</p>
      <span class={`pill tone-${tone}`} data-testid="stats-state" data-phase={feedState.value.phase}>
        <span class="dot" />
        {words}
      </span>
      <ThemeButton />
    </header>
  )
}

function connection(): { readonly words: string; readonly tone: 'good' | 'busy' | 'bad' | 'idle' } {
  const state = feedState.value
  if (state.phase === 'connecting') return { words: 'Connecting', tone: 'busy' }
  if (state.phase === 'lost') {
    const left = Math.ceil((state.retryAt - localNow.value) / 1000)
    return { words: left > 0 ? `Lost, next try in ${formatSeconds(left)}` : 'Connecting again', tone: 'bad' }
  }
  const { active } = figures.value
  return { words: active === 0 ? 'No nodes' : `${count(active, 'node')} live`, tone: active === 0 ? 'idle' : 'good' }
}

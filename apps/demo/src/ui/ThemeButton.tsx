import { nextTheme, theme } from '../state/theme.js'
import { Icon } from './icons.js'

const themes = {
  system: { icon: 'system', words: 'Theme: as the system' },
  light: { icon: 'sun', words: 'Theme: light' },
  dark: { icon: 'moon', words: 'Theme: dark' },
} as const

/** Goes from the system's theme to light, to dark, and back. */
export function ThemeButton() {
  const { icon, words } = themes[theme.value]
  return (
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
  )
}

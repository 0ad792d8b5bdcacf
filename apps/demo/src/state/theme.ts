// Dark or light: the system's choice until the person makes their own.
import { signal } from '@preact/signals'

export type Theme = 'system' | 'light' | 'dark'
const KEY = 'ethspan.theme'
const order: readonly Theme[] = ['system', 'light', 'dark']

const initial = document.documentElement.dataset.theme
export const theme = signal<Theme>(initial === 'light' || initial === 'dark' ? initial : 'system')

export function nextTheme(): void {
  const next = order[(order.indexOf(theme.value) + 1) % order.length]!
  theme.value = next
  applyTheme(next)
  try {
    if (next === 'system') localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, next)
  } catch (error) {
    console.info('This browser denies local storage; the theme lasts until the reload.', error)
  }
}

/** Themes the page and, through theme-color, the browser's frame around it. */
export function applyTheme(next: Theme): void {
  const root = document.documentElement
  if (next === 'system') delete root.dataset.theme
  else root.dataset.theme = next
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    meta.dataset.media ??= meta.media
    const own = meta.dataset.media.includes('dark') ? 'dark' : 'light'
    meta.media = next === 'system' ? meta.dataset.media : own === next ? 'all' : 'not all'
  }
}

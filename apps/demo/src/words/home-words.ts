// Where the node lives and where its key is, in words.
import type { Home, Identity, KeyPlace } from '../client/client.js'

/** `this tab`; `this browser, shared by 2 tabs`. */
export function homeWords(home: Home, tabs: number): string {
  if (home === 'tab') return 'this tab'
  return tabs > 1 ? `this browser, shared by ${tabs} tabs` : 'this browser, shared by its tabs'
}

const places: Record<KeyPlace, string> = {
  session: 'this tab’s session storage',
  indexeddb: 'this browser’s IndexedDB',
  memory: 'memory alone',
}

export const keyPlaceName = (place: KeyPlace): string => places[place]

/** One sentence. */
export function keyPlaceWords({ keyPlace, home }: Pick<Identity, 'keyPlace' | 'home'>): string {
  switch (keyPlace) {
    case 'session':
      return 'It is kept in this tab’s session storage: it survives a reload and is gone when the tab closes.'
    case 'indexeddb':
      return 'It is kept in this browser’s IndexedDB, for all tabs of this page: it survives that they are closed, until you clear the site’s data.'
    case 'memory':
      return home === 'tab'
        ? 'It is kept in memory alone, so the key is gone after a reload.'
        : 'It is kept in memory alone, so the key is gone with the last tab of this page.'
  }
}

/** One sentence. */
export function keyOriginWords({ keyOrigin, home }: Pick<Identity, 'keyOrigin' | 'home'>): string {
  switch (keyOrigin) {
    case 'new':
      return home === 'tab' ? 'A new key, made when this tab opened.' : 'A new key, made for this browser.'
    case 'kept':
      return home === 'tab' ? 'The key this tab had before the reload.' : 'The key this browser keeps for the page.'
    case 'imported':
      return 'The key you imported.'
    case 'twin':
      return home === 'tab'
        ? 'A new key: the tab this one was copied from keeps the old.'
        : 'A new key: another version of this page, still open, runs with the old.'
  }
}

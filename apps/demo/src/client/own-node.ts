/** The part of the page's URL that asks for a node of the tab's own, where tabs would share one otherwise. */
export const OWN_NODE = '?node=own'

/** `search`: of the page's URL, as in `location.search`. */
export const asksForOwnNode = (search: string): boolean => new URLSearchParams(search).get('node') === 'own'

// Which protocols are shown of a peer.

export interface ShownCap {
  readonly cap: string
  readonly runs: boolean
}

/** Of each protocol the newest version that is offered, which is the one that runs where both have it; those that run come first. */
export function shownCaps(caps: readonly string[], running: readonly string[]): readonly ShownCap[] {
  const newest = new Map<string, number>()
  for (const cap of caps) {
    const [name = '', version = ''] = cap.split('/')
    newest.set(name, Math.max(newest.get(name) ?? 0, Number(version) || 0))
  }
  const shown = [...newest].map(([name, version]) => ({ cap: `${name}/${version}`, runs: running.includes(name) }))
  return [...shown.filter(({ runs }) => runs), ...shown.filter(({ runs }) => !runs)]
}

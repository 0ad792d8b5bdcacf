// Line icons on a 16-pixel grid. They repeat what words beside them say, so they are hidden from assistive technology.

const paths = {
  copy: 'M5.5 5.5v-2a1 1 0 0 1 1-1h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-2M3.5 5.5h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-6a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1Z',
  check: 'm3 8.5 3.2 3.2L13 5',
  close: 'm4 4 8 8m0-8-8 8',
  send: 'M2.5 8h10m-4-4.5L13 8l-4.5 4.5',
  inbound: 'M12.5 3.5 4 12m0-6v6h6',
  outbound: 'M3.5 12.5 12 4m-6 0h6v6',
  sun: 'M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6ZM8 1.2v1.4m0 10.8v1.4M1.2 8h1.4m10.8 0h1.4M3.2 3.2l1 1m7.6 7.6 1 1m0-9.6-1 1m-7.6 7.6-1 1',
  moon: 'M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8Z',
  system: 'M2.5 3.5h11v7h-11zM6 13h4m-2-2.5V13',
  key: 'M10.2 2.5a3.3 3.3 0 1 1-2.4 5.6L3 12.9V13.5h2.2V12h1.4v-1.4l1.8-1.8M11 5.2h.01',
  search: 'M7 2.8a4.2 4.2 0 1 1 0 8.4 4.2 4.2 0 0 1 0-8.4Zm3 7.2 3.4 3.4',
  down: 'M8 3v9m-4-4 4 4 4-4',
  up: 'M8 13V4M4 8l4-4 4 4',
  drop: 'M8 2c2.4 3 4 5.2 4 7.2a4 4 0 1 1-8 0C4 7.2 5.6 5 8 2Z',
}

export type IconName = keyof typeof paths

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  )
}

/** The mark: three nodes, and the span between two of them. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <path class="mark-arch" d="M5 22a11 11 0 0 1 22 0" />
      <path class="mark-deck" d="M5 22h22" />
      <circle class="mark-end" cx="5.5" cy="22" r="3.5" />
      <circle class="mark-end" cx="26.5" cy="22" r="3.5" />
      <circle class="mark-key" cx="16" cy="11" r="3.5" />
    </svg>
  )
}

import { cellsOf, hueOf } from '../text/avatar.js'

export function Avatar({ id, size = 28 }: { id: string; size?: number }) {
  const hue = hueOf(id)
  return (
    <svg class="avatar" viewBox="-1.5 -1.5 8 8" width={size} height={size} aria-hidden="true">
      <rect x="-1.5" y="-1.5" width="8" height="8" rx="2.2" fill={`hsl(${hue} 45% 50% / 0.18)`} />
      {cellsOf(id).map((cell) => (
        <rect
          key={cell}
          x={cell % 5}
          y={Math.floor(cell / 5)}
          width="1.02"
          height="1.02"
          fill={`hsl(${hue} 45% 50%)`}
        />
      ))}
    </svg>
  )
}

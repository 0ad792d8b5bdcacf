// A picture out of a node id: the same everywhere on the page, so that the eye finds a node again.

/** Degrees on the colour wheel. */
export const hueOf = (id: string): number => Number.parseInt(id.slice(-4), 16) % 360

/** Cells of a 5 × 5 grid, mirrored left to right, as `x + 5 * y`. */
export function cellsOf(id: string): readonly number[] {
  const cells: number[] = []
  for (let y = 0; y < 5; y += 1) {
    for (let x = 0; x < 3; x += 1) {
      const digit = Number.parseInt(id.charAt(8 + y * 3 + x), 16)
      if (digit % 2 === 1) continue
      cells.push(x + 5 * y)
      if (x < 2) cells.push(4 - x + 5 * y)
    }
  }
  return cells
}

// How far a long command is: one line that changes on a terminal, a line now and then elsewhere.
import type { Output } from './output.js'

/** Milliseconds between two pictures of the line on a terminal. */
const REDRAW = 200
/** Milliseconds between two lines elsewhere: geth's `statsReportLimit`. */
const REPORT = 8_000
/** Milliseconds over which the speed is told: long enough to be read, short enough to be true. */
const WINDOW = 5_000

const CLEAR_LINE = '\r\x1b[K'

/** Where it is told. */
export interface ProgressScreen extends Pick<Output, 'err'> {
  /** Whether standard error is a terminal. */
  readonly isTerminal: boolean
  readonly columns: number
}

export interface Step {
  /** The block it is at. */
  readonly number: bigint
  /** Blocks worked on so far. */
  readonly blocks: number
  /** Of the whole work, 0 to 1. */
  readonly part: number
}

const NOTHING: Step = { number: 0n, blocks: 0, part: 0 }

export class Progress {
  readonly #screen: ProgressScreen
  readonly #now: () => number
  readonly #start: number
  /** Earlier steps, with the time they were told at; the window begins with the first. */
  readonly #seen: { readonly at: number; readonly step: Step }[] = []
  #toldAt: number
  #isDrawn = false

  /** @param now milliseconds, from any point on */
  constructor(screen: ProgressScreen, now: () => number) {
    this.#screen = screen
    this.#now = now
    this.#start = now()
    this.#seen.push({ at: this.#start, step: NOTHING })
    // Whoever is done before the first report needs none.
    this.#toldAt = screen.isTerminal ? Number.NEGATIVE_INFINITY : this.#start
  }

  /** Seconds since it began. */
  get seconds(): number {
    return (this.#now() - this.#start) / 1_000
  }

  tell(step: Step): void {
    const at = this.#now()
    this.#remember(at, step)
    const { isTerminal, columns } = this.#screen
    if (at - this.#toldAt < (isTerminal ? REDRAW : REPORT)) return
    this.#toldAt = at
    const line = this.#line(at, step)
    this.#screen.err(isTerminal ? `${CLEAR_LINE}${line.slice(0, columns - 1)}` : `${line}\n`)
    this.#isDrawn = isTerminal
  }

  /** Takes the line off the terminal; what comes next stands in its place. */
  clear(): void {
    if (this.#isDrawn) this.#screen.err(CLEAR_LINE)
    this.#isDrawn = false
  }

  #remember(at: number, step: Step): void {
    const last = this.#seen.at(-1)
    if (last === undefined || at - last.at >= REDRAW) this.#seen.push({ at, step })
    // The newest of those before the window stays: from it the window is measured.
    while ((this.#seen[1]?.at ?? at) <= at - WINDOW) this.#seen.shift()
  }

  #line(at: number, { number, blocks, part }: Step): string {
    const [{ at: since, step: before } = { at, step: NOTHING }] = this.#seen
    const seconds = Math.max((at - since) / 1_000, 0.001)
    const speed = (blocks - before.blocks) / seconds
    const partSpeed = (part - before.part) / seconds
    const left = partSpeed > 0 ? [`${duration((1 - part) / partSpeed)} left`] : []
    return [
      `block ${number}`,
      `${speed.toFixed(speed < 10 ? 1 : 0)} blocks/s`,
      `${Math.floor(part * 100)} %`,
      ...left,
    ].join('  ')
  }
}

/** Such as `0:07`, `12:30`, `3:05:00`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds)
  const two = (n: number) => `${n}`.padStart(2, '0')
  const [h, m, s] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60]
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

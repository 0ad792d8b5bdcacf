// The tabs that a worker's node serves, and which of them are still there. A port does not tell everywhere that its tab is
// gone, and not every tab that goes says so: one that crashed can't. What tells is that a tab which lives asks again soon
// after each answer. It does so when a message arrives, not by a timer, so a hidden tab's slow timers change nothing.

/** Milliseconds a tab may take to ask again, before it counts as gone. One that was only asleep attaches again. */
export const SILENCE = 60_000
/** Milliseconds between two looks at all tabs. */
export const SWEEP = 10_000

export interface Tab {
  /** It asks, and waits for the answer. */
  asks(): void
  answered(): void
  /** It said goodbye, or its port is closed. */
  left(): void
}

export interface TabsContext {
  /** Milliseconds, only ever growing. */
  now(): number
  /** How many there are now. Called when that changed. */
  count(tabs: number): void
}

export class Tabs {
  readonly #context: TabsContext
  /** Since when each tab owes a question; undefined while it waits for an answer. */
  readonly #tabs = new Map<Tab, { owesSince: number | undefined; readonly close: () => void }>()
  #lastSweep: number

  constructor(context: TabsContext) {
    this.#context = context
    this.#lastSweep = context.now()
  }

  /** `close` is called when the tab is taken for gone. */
  join(close: () => void): Tab {
    const state = { owesSince: this.#context.now() as number | undefined, close }
    const tab: Tab = {
      asks: () => {
        state.owesSince = undefined
      },
      answered: () => {
        state.owesSince = this.#context.now()
      },
      left: () => {
        if (this.#tabs.delete(tab)) this.#context.count(this.#tabs.size)
      },
    }
    this.#tabs.set(tab, state)
    this.#context.count(this.#tabs.size)
    return tab
  }

  /** To be called every {@link SWEEP} milliseconds: closes the tabs that have been silent for too long. */
  sweep(): void {
    const now = this.#context.now()
    const late = now - this.#lastSweep - SWEEP
    this.#lastSweep = now
    for (const [tab, state] of this.#tabs) {
      if (state.owesSince === undefined) continue
      // The computer slept, or this worker did: nobody could be heard meanwhile.
      if (late > SWEEP) state.owesSince = now
      if (now - state.owesSince <= SILENCE) continue
      state.close()
      tab.left()
    }
  }
}

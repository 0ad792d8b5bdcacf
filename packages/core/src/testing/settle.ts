/** Enough turns for a chain of handlers that each await a few promises; a turn costs well under a microsecond. */
const MICROTASK_TURNS = 1000

/** Lets what is already on its way through promises and microtasks finish. Never waits for time, input or output. */
export async function settle(turns: number = MICROTASK_TURNS): Promise<void> {
  for (let i = 0; i < turns; i++) await undefined
}

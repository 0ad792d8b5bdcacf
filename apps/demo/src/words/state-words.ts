// The node's state in words.
import type { NodeState } from '../client/client.js'
import { displayName } from '../text/client-name.js'
import { formatAge } from '../text/format.js'

export type StateTone = 'good' | 'busy' | 'bad' | 'idle'

export interface StateWords {
  /** A few words, for the pill and the page's title. Changes only when the state does, so it suits aria-live. */
  readonly title: string
  /** One sentence more; counts down, so it is not announced. */
  readonly detail: string
  readonly tone: StateTone
}

/** `now` is milliseconds since 1970. */
export function stateWords(state: NodeState, now: number): StateWords {
  switch (state.phase) {
    case 'stopped':
      return { title: 'Stopped', detail: 'The node is not running.', tone: 'idle' }
    case 'starting':
      return { title: 'Starting', detail: 'The node is starting up.', tone: 'busy' }
    case 'connecting':
      return state.step === 'find'
        ? { title: 'Looking for the gateway', detail: 'Asking where it can be dialed.', tone: 'busy' }
        : { title: 'Connecting', detail: 'Exchanging keys with the gateway.', tone: 'busy' }
    case 'connected':
      return {
        title: 'Connected',
        detail: `Peered with ${displayName(state.gateway.name)} ${since(now - state.since)}.`,
        tone: 'good',
      }
    case 'reconnecting':
      return { title: 'Reconnecting', detail: `${sentence(state.why)} ${countdown(state.retryAt - now)}`, tone: 'bad' }
    case 'disconnected':
      return { title: 'Disconnected', detail: 'You ended the connection to the gateway.', tone: 'idle' }
    case 'failed':
      return { title: 'Could not start', detail: sentence(state.why), tone: 'bad' }
  }
}

const since = (ms: number): string => (ms < 1000 ? 'just now' : `for ${formatAge(ms)}`)

/** `Next try in 4 s.` */
export function countdown(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  return seconds > 0 ? `Next try in ${seconds} s.` : 'Trying again.'
}

/** `text` with a capital at its start and a full stop at its end. */
export function sentence(text: string): string {
  const trimmed = text.trim()
  if (trimmed === '') return ''
  const capital = trimmed.charAt(0).toUpperCase() + trimmed.slice(1)
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`
}

import { useEffect, useRef, useState } from 'preact/hooks'
import type { Answer, DialTarget } from '../client/client.js'
import { now, targets } from '../state/store.js'
import { shortId } from '../text/format.js'
import { countdown, sentence } from '../words/state-words.js'
import { useClient } from './client-context.js'

/** Longer than any URL worth dialing; characters. */
const MAX_URL = 1000

export function Dial() {
  const client = useClient()
  const [url, setUrl] = useState('')
  const [answer, setAnswer] = useState<Answer | 'dialing' | undefined>(undefined)
  const latest = useRef('')

  // What comes of it is told by the list of targets, or by the table of peers.
  const underWay = targets.value.some((target) => target.retryAt === undefined)
  useEffect(() => {
    if (!underWay) setAnswer((shown) => (shown === 'dialing' ? undefined : shown))
  }, [underWay])

  const explain = async (text: string) => {
    setUrl(text)
    latest.current = text
    if (text.trim() === '') return setAnswer(undefined)
    const result = await client.explainDial(text)
    // A later keystroke's answer must not be overtaken by this one's.
    if (latest.current === text) setAnswer(result)
  }
  const dial = async (event: SubmitEvent) => {
    event.preventDefault()
    const result = await client.dial(url)
    if (result.ok) {
      latest.current = ''
      setUrl('')
    }
    setAnswer(result.ok ? 'dialing' : result)
  }
  const refused = answer !== undefined && answer !== 'dialing' && !answer.ok

  return (
    <div class="dial">
      <form onSubmit={dial}>
        <label for="dial-url">Dial another node</label>
        <div class="row">
          <input
            id="dial-url"
            class="field mono"
            data-testid="dial-input"
            placeholder="enode+wss://<public key>@host:port/path"
            value={url}
            maxLength={MAX_URL}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            aria-invalid={refused}
            aria-describedby="dial-answer"
            onInput={(event) => explain(event.currentTarget.value)}
          />
          <button type="submit" class="button primary" data-testid="dial" disabled={url.trim() === '' || refused}>
            Dial
          </button>
        </div>
        <p
          id="dial-answer"
          class={`answer ${refused ? 'bad' : 'good'}`}
          role="status"
          data-testid="dial-answer"
          data-ok={answer === undefined ? undefined : String(!refused)}
        >
          {answerWords(answer)}
        </p>
      </form>
      {targets.value.length > 0 && (
        <ul class="targets" aria-label="Nodes being dialed">
          {targets.value.map((target) => (
            <Target key={target.id} target={target} />
          ))}
        </ul>
      )}
    </div>
  )
}

function answerWords(answer: Answer | 'dialing' | undefined): string {
  if (answer === undefined) return ''
  if (answer === 'dialing') return 'Dialing. It appears among the peers once it answers.'
  return answer.ok ? 'This node can be dialed from here.' : sentence(answer.why)
}

function Target({ target }: { target: DialTarget }) {
  const client = useClient()
  const words =
    target.retryAt === undefined ? 'Dialing…' : `${sentence(target.why ?? '')} ${countdown(target.retryAt - now.value)}`
  return (
    <li class="target" data-testid="dial-target" data-node-id={target.id}>
      <code title={target.url}>{shortId(target.id)}</code>
      <span class="muted">{words}</span>
      <button type="button" class="button quiet" onClick={() => client.disconnect(target.id)}>
        Stop
      </button>
    </li>
  )
}

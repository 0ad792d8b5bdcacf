import type { RefObject } from 'preact'
import { useState } from 'preact/hooks'
import { identity } from '../state/store.js'
import { CopyButton } from './CopyButton.js'
import { useClient } from './client-context.js'
import { download } from './download.js'
import { Icon } from './icons.js'

interface Props {
  dialog: RefObject<HTMLDialogElement | null>
  /** Where the key came from: one sentence. */
  origin: string
  /** Where it is kept: one sentence. */
  place: string
}

/** Everything about the private key; it is asked for, and in the page, only while shown. */
export function KeyDialog({ dialog, origin, place }: Props) {
  const client = useClient()
  const [key, setKey] = useState<string | undefined>(undefined)
  const [answer, setAnswer] = useState<{ good: boolean; text: string } | undefined>(undefined)
  const [sure, setSure] = useState(false)

  const forget = () => {
    setKey(undefined)
    setAnswer(undefined)
    setSure(false)
  }
  const importKey = async (event: SubmitEvent) => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const result = await client.importKey(String(new FormData(form).get('key') ?? '').trim())
    if (result.ok) {
      form.reset()
      setKey(undefined)
    }
    setAnswer(result.ok ? { good: true, text: 'The node runs with this key now.' } : { good: false, text: result.why })
  }
  const reset = async () => {
    await client.resetKey()
    forget()
    setAnswer({ good: true, text: 'The node runs with a new key now.' })
  }

  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="key-title" data-testid="key-dialog" onClose={forget}>
      <div class="dialog-head">
        <h2 id="key-title">Private key</h2>
        <button type="button" class="button icon-only" aria-label="Close" onClick={() => dialog.current?.close()}>
          <Icon name="close" />
        </button>
      </div>
      <p>
        {origin} {place} It never leaves your browser.
      </p>
      <div class="key-show">
        {key === undefined ? (
          <button
            type="button"
            class="button"
            data-testid="key-show"
            onClick={async () => setKey(await client.exportKey())}
          >
            Show it
          </button>
        ) : (
          <>
            <code class="key" data-testid="key-hex">
              {key}
            </code>
            <div class="row">
              <CopyButton text={key} what="the private key" label="Copy" />
              <button type="button" class="button" data-testid="key-export" onClick={() => saveKey(key)}>
                <Icon name="down" />
                <span>Export</span>
              </button>
              <button type="button" class="button" onClick={() => setKey(undefined)}>
                Hide
              </button>
            </div>
            <p class="muted small">Who has it can pose as your node.</p>
          </>
        )}
      </div>
      <form class="stack" onSubmit={importKey}>
        <label for="key-import">Import another: 64 hex digits</label>
        <div class="row">
          <input
            id="key-import"
            name="key"
            class="field mono"
            data-testid="key-import"
            autocomplete="off"
            spellcheck={false}
            maxLength={66}
            required
          />
          <button type="submit" class="button">
            Import
          </button>
        </div>
      </form>
      <div class="stack">
        <p>Or start over as a new node.</p>
        <div class="row">
          {sure ? (
            <>
              <button type="button" class="button danger" data-testid="key-reset-sure" onClick={reset}>
                Yes, forget this key
              </button>
              <button type="button" class="button" onClick={() => setSure(false)}>
                Keep it
              </button>
            </>
          ) : (
            <button type="button" class="button" data-testid="key-reset" onClick={() => setSure(true)}>
              New key
            </button>
          )}
        </div>
      </div>
      <p class={`answer ${answer?.good === false ? 'bad' : 'good'}`} role="status" data-testid="key-answer">
        {answer?.text}
      </p>
    </dialog>
  )
}

/** Downloads the key as geth's nodekey file: the hex digits and nothing else. */
const saveKey = (key: string): void =>
  download(`nodekey-${identity.peek()?.id.slice(0, 8) ?? 'tab'}`, key, 'text/plain')

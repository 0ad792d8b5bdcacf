import { useRef, useState } from 'preact/hooks'
import type { Identity as IdentityData } from '../client/client.js'
import { identity, tabs } from '../state/store.js'
import { MAX_NICKNAME } from '../text/client-name.js'
import { shortId } from '../text/format.js'
import { homeWords, keyOriginWords, keyPlaceName, keyPlaceWords } from '../words/home-words.js'
import { Avatar } from './Avatar.js'
import { CopyButton } from './CopyButton.js'
import { useClient } from './client-context.js'
import { Icon } from './icons.js'
import { KeyDialog } from './KeyDialog.js'

export function Identity() {
  const me = identity.value
  const dialog = useRef<HTMLDialogElement>(null)
  return (
    <section class="identity" aria-labelledby="identity-title">
      <h2 id="identity-title" class="eyebrow">
        Your node
      </h2>
      {me === undefined ? <p class="muted">Making a key…</p> : <Card me={me} />}
      {me !== undefined && (
        <button type="button" class="button" data-testid="key-open" onClick={() => dialog.current?.showModal()}>
          <Icon name="key" />
          <span>Private key</span>
        </button>
      )}
      {me !== undefined && <KeyDialog dialog={dialog} origin={keyOriginWords(me)} place={keyPlaceWords(me)} />}
    </section>
  )
}

function Card({ me }: { me: IdentityData }) {
  return (
    <div class="id-card">
      <Avatar id={me.id} size={48} />
      <div class="id-main">
        <Nickname key={me.nickname} me={me} />
        <p class="muted small">{keyOriginWords(me)}</p>
      </div>
      <dl class="id-lines">
        <div>
          <dt>Node id</dt>
          <dd>
            <code data-testid="self-id" data-node-id={me.id} title={me.id}>
              {shortId(me.id)}
            </code>
            <CopyButton text={me.id} what="the node id" />
          </dd>
        </div>
        <div>
          <dt>Enode</dt>
          <dd>
            <code data-testid="self-enode" title={me.enode}>
              enode://{shortId(me.publicKey)}
            </code>
            <CopyButton text={me.enode} what="the enode public key" />
          </dd>
        </div>
        <div>
          <dt>Lives in</dt>
          <dd>
            <span data-testid="self-home" data-home={me.home} data-tabs={tabs.value}>
              {homeWords(me.home, tabs.value)}
            </span>
          </dd>
        </div>
        <div>
          <dt>Key in</dt>
          <dd>
            <span data-testid="self-key-place" data-place={me.keyPlace}>
              {keyPlaceName(me.keyPlace)}
            </span>
          </dd>
        </div>
        <div>
          <dt>Crypto</dt>
          <dd>
            <span class="clip" title={me.crypto} data-testid="self-crypto">
              {me.crypto}
            </span>
          </dd>
        </div>
      </dl>
    </div>
  )
}

function Nickname({ me }: { me: IdentityData }) {
  const client = useClient()
  const [editing, setEditing] = useState(false)
  const [why, setWhy] = useState('')
  const save = async (event: SubmitEvent) => {
    event.preventDefault()
    const name = String(new FormData(event.currentTarget as HTMLFormElement).get('name') ?? '')
    if (name === me.nickname) return setEditing(false)
    const answer = await client.setName(name)
    setWhy(answer.ok ? '' : answer.why)
    if (answer.ok) setEditing(false)
  }
  if (!editing) {
    return (
      <p class="nickname">
        <strong data-testid="self-name" dir="auto">
          {me.nickname}
        </strong>
        <button type="button" class="link" data-testid="rename" onClick={() => setEditing(true)}>
          Rename
        </button>
      </p>
    )
  }
  return (
    <form class="inline-form" onSubmit={save}>
      <input
        ref={(field) => field?.focus()}
        name="name"
        class="field"
        aria-label="Name of your node"
        aria-describedby="name-answer"
        maxLength={MAX_NICKNAME}
        defaultValue={me.nickname}
        onKeyDown={(event) => event.key === 'Escape' && setEditing(false)}
      />
      <button type="submit" class="button primary">
        Save
      </button>
      <p id="name-answer" class="answer bad" role="status">
        {why}
      </p>
    </form>
  )
}

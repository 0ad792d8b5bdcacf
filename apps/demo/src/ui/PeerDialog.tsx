import { type Signal, useSignal } from '@preact/signals'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { PassedMessage, PeerInfo } from '../client/client.js'
import { peerExport } from '../state/peer-export.js'
import { gatewayId, identity, now, peers } from '../state/store.js'
import { displayName } from '../text/client-name.js'
import { formatAge, formatBytes, shortId } from '../text/format.js'
import { type CounterRow, counterRows, peerFields } from '../words/peer-fields.js'
import { Avatar } from './Avatar.js'
import { CopyButton } from './CopyButton.js'
import { useClient } from './client-context.js'
import { download } from './download.js'
import { Icon } from './icons.js'
import { Timeline } from './Timeline.js'

/** All that is known of one peer, live while it is connected; what was known last when it is gone. */
export function PeerDialog({ chosen }: { chosen: Signal<string | undefined> }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = chosen.value
  useEffect(() => {
    if (id !== undefined) dialog.current?.showModal()
  }, [id])
  return (
    <dialog
      ref={dialog}
      class="dialog peer-dialog"
      aria-labelledby="peer-title"
      data-testid="peer-dialog"
      data-peer-id={id}
      onClose={() => {
        chosen.value = undefined
      }}
    >
      {id !== undefined && <Content key={id} id={id} close={() => dialog.current?.close()} />}
    </dialog>
  )
}

function Content({ id, close }: { id: string; close: () => void }) {
  const client = useClient()
  const [messages, setMessages] = useState<readonly PassedMessage[]>([])
  const last = useSignal<PeerInfo | undefined>(undefined)
  const live = peers.value.find((peer) => peer.id === id)
  const peer = live ?? last.peek()
  const moment = now.value
  useEffect(() => {
    if (live !== undefined) last.value = live
  }, [live, last])
  // Asked again with each move of the page's one ticker.
  useEffect(() => {
    let isShown = true
    void client.messages(id).then((list) => {
      if (isShown) setMessages(list)
    })
    return () => {
      isShown = false
    }
  }, [client, id, moment, live === undefined])

  if (peer === undefined) return null
  const name = displayName(peer.name)
  const save = () => {
    const { name: file, text } = peerExport(peer, messages, identity.peek()?.id ?? '', Date.now())
    download(file, text, 'application/json')
  }
  return (
    <>
      <div class="dialog-head peer-head">
        <Avatar id={id} size={40} />
        <div class="peer-title">
          <h2 id="peer-title" dir="auto">
            {name}
            {id === gatewayId.value && <span class="tag">gateway</span>}
          </h2>
          <p class="muted small" data-testid="peer-live" data-live={live !== undefined}>
            <code>{shortId(id)}</code>{' '}
            {live === undefined
              ? 'is gone; this is what was known last'
              : `connected for ${formatAge(moment - peer.connectedSince)}`}
          </p>
        </div>
        <button type="button" class="button" data-testid="peer-export" onClick={save}>
          <Icon name="down" />
          <span>Export JSON</span>
        </button>
        <button type="button" class="button icon-only" aria-label="Close" data-testid="peer-close" onClick={close}>
          <Icon name="close" />
        </button>
      </div>
      <div class="peer-columns">
        <Fields peer={peer} />
        <div class="peer-traffic">
          <Counters peer={peer} />
          <Timeline messages={messages} />
        </div>
      </div>
    </>
  )
}

function Fields({ peer }: { peer: PeerInfo }) {
  return (
    <dl class="fields" data-testid="peer-fields">
      {peerFields(peer).map(({ path, label, value, isCode }) => (
        <div key={path} data-field={path}>
          <dt>{label}</dt>
          <dd dir="auto">
            {isCode ? <code>{value}</code> : value}
            {isCode && <CopyButton text={value} what={label} />}
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Counters({ peer }: { peer: PeerInfo }) {
  const { rows, total } = counterRows(peer)
  return (
    <table class="counters" data-testid="peer-counters">
      <caption>Traffic by protocol</caption>
      <thead>
        <tr>
          <th scope="col">Protocol</th>
          <th scope="col">Messages in</th>
          <th scope="col">out</th>
          <th scope="col">Bytes in</th>
          <th scope="col">out</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Counter key={row.protocol} row={row} />
        ))}
      </tbody>
      <tfoot>
        <Counter row={total} />
      </tfoot>
    </table>
  )
}

function Counter({ row }: { row: CounterRow }) {
  return (
    <tr data-protocol={row.protocol}>
      <th scope="row">{row.protocol}</th>
      <td>{row.messagesIn}</td>
      <td>{row.messagesOut}</td>
      <td>{formatBytes(row.bytesIn)}</td>
      <td>{formatBytes(row.bytesOut)}</td>
    </tr>
  )
}

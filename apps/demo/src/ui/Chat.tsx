import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { ChatMessage } from '../client/client.js'
import { messages, nodeState } from '../state/store.js'
import { clean, cleanName, MAX_CHAT } from '../text/clean.js'
import { formatTime, shortId } from '../text/format.js'
import { sentence } from '../words/state-words.js'
import { Avatar } from './Avatar.js'
import { useClient } from './client-context.js'
import { Icon } from './icons.js'

/** What can be typed; UTF-16 units. The protocol's own limit is checked when sending. */
const MAX_INPUT = 300
/** Within so many pixels of its end, the list follows new messages. */
const FOLLOW = 40

export function Chat() {
  const client = useClient()
  const list = useRef<HTMLDivElement>(null)
  const follow = useRef(true)
  const [why, setWhy] = useState('')
  const shown = messages.value
  useLayoutEffect(() => {
    if (follow.current && list.current) list.current.scrollTop = list.current.scrollHeight
  }, [shown])

  const onScroll = (event: Event) => {
    const box = event.currentTarget as HTMLElement
    follow.current = box.scrollHeight - box.scrollTop - box.clientHeight < FOLLOW
  }
  const send = async (event: SubmitEvent) => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const text = String(new FormData(form).get('text') ?? '').trim()
    if (text === '') return
    const answer = await client.sendChat(text)
    setWhy(answer.ok ? '' : answer.why)
    if (answer.ok) form.reset()
    follow.current = true
  }

  return (
    <section class="card chat" aria-labelledby="chat-title">
      <div class="card-head">
        <h2 id="chat-title">Chat</h2>
        <p class="muted">all nodes read it</p>
      </div>
      <div
        ref={list}
        class="messages"
        role="log"
        aria-labelledby="chat-title"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        data-testid="chat"
        onScroll={onScroll}
      >
        {shown.map((message) => (
          <Message key={message.id} message={message} />
        ))}
        {shown.length === 0 && (
          <p class="empty">Say hello: every node in the network reads it, and newcomers are told the last messages.</p>
        )}
      </div>
      <form onSubmit={send}>
        <div class="row">
          <input
            name="text"
            class="field"
            data-testid="chat-input"
            aria-label="Message to all nodes"
            aria-describedby="chat-answer"
            placeholder={nodeState.value.phase === 'connected' ? 'Message to all nodes' : 'Not connected yet'}
            maxLength={MAX_INPUT}
            autocomplete="off"
          />
          <button type="submit" class="button primary icon-only" aria-label="Send" data-testid="chat-send">
            <Icon name="send" />
          </button>
        </div>
        <p id="chat-answer" class="answer bad" role="status" data-testid="chat-answer">
          {sentence(why)}
        </p>
      </form>
    </section>
  )
}

function Message({ message }: { message: ChatMessage }) {
  const name = cleanName(message.name) || shortId(message.from)
  return (
    <div class={message.own ? 'message own' : 'message'} data-testid="message" data-from={message.from}>
      <Avatar id={message.from} size={28} />
      <div class="message-body">
        <p class="message-head">
          <strong dir="auto">{message.own ? 'You' : name}</strong>
          <span class="muted small" title={message.from}>
            {!message.own && message.name !== '' && <code>{shortId(message.from)} </code>}
            <time>{formatTime(message.at)}</time>
          </span>
        </p>
        <p class="message-text" dir="auto">
          {clean(message.text, MAX_CHAT)}
        </p>
      </div>
    </div>
  )
}

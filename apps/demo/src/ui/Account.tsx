import { useState } from 'preact/hooks'
import type { AccountView, OwnTransaction, TransactionStep } from '../client/chain-view.js'
import type { Answer } from '../client/client.js'
import { account, now } from '../state/store.js'
import { formatCoins } from '../text/coins.js'
import { formatAge, shortId } from '../text/format.js'
import { hasReached, lostWords, STEPS, stepWords } from '../words/chain-words.js'
import { sentence } from '../words/state-words.js'
import { Avatar } from './Avatar.js'
import { CopyButton } from './CopyButton.js'
import { useClient } from './client-context.js'
import { Icon } from './icons.js'

/** The account of this node: what it has, how to send some of it, and what became of what was sent. */
export function Account() {
  const view = account.value
  if (view === undefined) return null
  return (
    <section class="card account" aria-labelledby="account-title" data-testid="account">
      <div class="card-head">
        <h2 id="account-title">Send a transaction</h2>
        <p class="muted">signed here, with a key made here</p>
      </div>
      <Funds view={view} />
      <SendForm />
      {view.transactions.length === 0 ? (
        <p class="empty">
          {view.balance === '0' && view.faucet
            ? 'Ask the faucet first: what it gives is mined in the next block.'
            : 'Nothing was sent yet.'}
        </p>
      ) : (
        <ol class="own-list" data-testid="own-transactions">
          {view.transactions.map((transaction) => (
            <Own key={transaction.hash} transaction={transaction} />
          ))}
        </ol>
      )}
    </section>
  )
}

function Funds({ view: { address, balance, provenAt, faucet } }: { view: AccountView }) {
  const client = useClient()
  const [isAsking, setAsking] = useState(false)
  const [why, setWhy] = useState('')
  const ask = async () => {
    setAsking(true)
    const answer = await client.askFaucet()
    setAsking(false)
    setWhy(answer.ok ? '' : answer.why)
  }
  return (
    <div class="funds">
      <Avatar id={avatarId(address)} size={44} />
      <div class="funds-main">
        <p class="balance">
          <strong data-testid="balance" data-wei={balance}>
            {formatCoins(balance)}
          </strong>{' '}
          <span class="muted">ETH</span>
        </p>
        <p class="address">
          <code data-testid="address" data-address={address} title={address}>
            {shortAddress(address)}
          </code>
          <CopyButton text={address} what="the address of this account" />
        </p>
      </div>
      {faucet && (
        <button type="button" class="button" data-testid="faucet" disabled={isAsking} onClick={ask}>
          <Icon name="drop" />
          <span>Get 10 ETH</span>
        </button>
      )}
      {provenAt !== undefined && (
        <p class="small muted proven-at" data-testid="proven-at">
          Proven against the state root of block {provenAt}.
        </p>
      )}
      <p class="answer bad" role="status" data-testid="faucet-answer">
        {sentence(why)}
      </p>
    </div>
  )
}

function SendForm() {
  const client = useClient()
  const [answer, setAnswer] = useState<Answer | undefined>(undefined)
  const send = async (event: SubmitEvent) => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const fields = new FormData(form)
    const done = await client.sendCoins(String(fields.get('to') ?? ''), String(fields.get('amount') ?? ''))
    setAnswer(done)
    if (done.ok) form.reset()
  }
  return (
    <form class="send" onSubmit={send}>
      <div class="send-fields">
        <label>
          <span class="small muted">To</span>
          <input
            name="to"
            class="field mono"
            data-testid="send-to"
            aria-describedby="send-answer"
            placeholder="0x, then 40 hex digits"
            spellcheck={false}
            autocomplete="off"
            maxLength={64}
            required
          />
        </label>
        <label class="send-amount">
          <span class="small muted">ETH</span>
          <input
            name="amount"
            class="field"
            data-testid="send-amount"
            aria-describedby="send-answer"
            placeholder="0.1"
            inputMode="decimal"
            autocomplete="off"
            maxLength={32}
            required
          />
        </label>
        <button type="submit" class="button primary" data-testid="send">
          <Icon name="send" />
          <span>Send</span>
        </button>
      </div>
      <p id="send-answer" class="answer bad" role="status" data-testid="send-answer">
        {answer?.ok === false ? sentence(answer.why) : ''}
      </p>
    </form>
  )
}

function Own({ transaction }: { transaction: OwnTransaction }) {
  const { hash, direction, other, value, step, at, succeeded, receiptsRoot } = transaction
  const isOut = direction === 'out'
  const lost = lostWords(transaction)
  return (
    <li class="own" data-testid="own-transaction" data-hash={hash} data-step={step} data-direction={direction}>
      <div class="own-head">
        <span class="direction">
          <Icon name={isOut ? 'outbound' : 'inbound'} />
          <strong>{formatCoins(value)} ETH</strong>
        </span>
        <span class="muted small">
          {isOut ? 'to' : 'from'} <code title={other}>{shortAddress(other)}</code> · {formatAge(now.value - at)}
        </span>
        <CopyButton text={hash} what="the hash of this transaction" />
      </div>
      <ol class="steps">
        {stepsOf(transaction).map((one) => (
          <Step key={one} step={one} transaction={transaction} />
        ))}
      </ol>
      {lost !== undefined && (
        <p class="muted small lost" data-testid="lost">
          {lost}
        </p>
      )}
      {step === 'proven' && receiptsRoot !== undefined && (
        <p class={succeeded === false ? 'proof bad small' : 'proof small'} data-testid="proof">
          <Icon name={succeeded === false ? 'close' : 'check'} />
          <span>
            {succeeded === false ? 'It failed. ' : ''}Receipts root{' '}
            <code title={receiptsRoot}>{shortAddress(receiptsRoot)}</code>, computed here, is the one in the block's
            header.
          </span>
        </p>
      )}
    </li>
  )
}

/** What came to this account was signed by somebody else. */
const stepsOf = ({ direction }: OwnTransaction): readonly TransactionStep[] =>
  direction === 'out' ? STEPS : STEPS.slice(1)

function Step({ step, transaction }: { step: TransactionStep; transaction: OwnTransaction }) {
  const reached = hasReached(transaction, step)
  return (
    <li class={reached ? 'step reached' : 'step'} data-step={step}>
      <span class="step-dot" aria-hidden="true" />
      <span>
        {reached ? stepWords(step, transaction) : step}
        {!reached && <span class="offscreen">, not yet</span>}
      </span>
    </li>
  )
}

/** `0x1a2b…9f00`. */
const shortAddress = (hex: string): string => `0x${shortId(hex.slice(2))}`

/** The picture takes more digits than an address has. */
const avatarId = (address: string): string => address.slice(2).toLowerCase().padStart(64, '0123456789abcdef')

import { useSignal } from '@preact/signals'
import type { BlockView, ChainView } from '../client/chain-view.js'
import { chain, now } from '../state/store.js'
import { formatGasPrice } from '../text/coins.js'
import { count, formatAge, formatTime, shortId } from '../text/format.js'
import { chainWords, checkWords, syncPart, syncWords } from '../words/chain-words.js'
import { CopyButton } from './CopyButton.js'
import { Icon } from './icons.js'

const HEADS = ['Block', 'Hash', 'Transactions', 'Gas', 'Age', 'Checked here']

/** The blocks as they arrive, each with what this node found to be right in it. */
export function Chain() {
  const view = chain.value
  if (view === undefined) return null
  return (
    <section class="card chain" aria-labelledby="chain-title" data-testid="chain" data-head={view.head}>
      <div class="card-head">
        <h2 id="chain-title">Chain</h2>
        <p class="muted">{chainWords(view)}</p>
      </div>
      <Figures view={view} />
      {view.sync !== undefined && <Sync view={view} />}
      {view.blocks.length === 0 ? (
        <p class="empty">No block has come yet. The first ones are on their way over devp2p.</p>
      ) : (
        <Blocks blocks={view.blocks} />
      )}
      <p class="muted small chain-note">
        Which block is the newest, this node believes of the gateway that served this page. Everything else it checks
        itself.
      </p>
    </section>
  )
}

function Figures({ view }: { view: ChainView }) {
  const [newest] = view.blocks
  const checked = view.blocks.length === 0 ? 0 : view.head - view.earliest + (view.earliest === 0 ? 0 : 1)
  return (
    <dl class="figures chain-figures">
      <div class="figure">
        <dt>Head</dt>
        <dd data-testid="chain-head">{view.head}</dd>
      </div>
      <div class="figure">
        <dt>Kept here</dt>
        <dd>{count(checked, 'block')}</dd>
      </div>
      <div class="figure">
        <dt>Base fee</dt>
        <dd>{newest === undefined ? '–' : formatGasPrice(newest.baseFee)}</dd>
      </div>
      <div class="figure">
        <dt>Last block</dt>
        <dd>{newest === undefined ? '–' : formatAge(now.value - newest.time * 1000)}</dd>
      </div>
    </dl>
  )
}

function Sync({ view }: { view: ChainView }) {
  const { sync, earliest } = view
  if (sync === undefined) return null
  const part = syncPart(sync, earliest)
  return (
    <div class="sync" data-testid="sync">
      <p id="sync-words" class="small muted">
        {syncWords(sync)}
      </p>
      {/* Without a value it shows that something is under way, but not how far. */}
      <progress aria-labelledby="sync-words" {...(part === undefined ? {} : { value: part, max: 1 })} />
    </div>
  )
}

function Blocks({ blocks }: { blocks: readonly BlockView[] }) {
  const open = useSignal<string | undefined>(undefined)
  return (
    <table class="block-table" data-testid="blocks">
      <thead>
        <tr>
          {HEADS.map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {blocks.map((block) => (
          <Block
            key={block.hash}
            block={block}
            isOpen={open.value === block.hash}
            toggle={() => {
              open.value = open.value === block.hash ? undefined : block.hash
            }}
          />
        ))}
      </tbody>
    </table>
  )
}

function Block({ block, isOpen, toggle }: { block: BlockView; isOpen: boolean; toggle: () => void }) {
  const { number, hash, time, transactions, gasUsed, gasLimit, checks } = block
  const part = gasLimit === 0 ? 0 : gasUsed / gasLimit
  return (
    <>
      <tr class={isOpen ? 'block open' : 'block'} data-testid="block" data-number={number} data-hash={hash}>
        <td class="numeric block-number">{number}</td>
        <td class="block-hash-cell">
          <code title={hash}>{shortId(hash.slice(2))}</code>
        </td>
        <td data-unit=" tx" class="numeric">
          {transactions}
        </td>
        <td data-unit=" gas" class="numeric">
          <span class="gas" title={`${gasUsed} of ${gasLimit}`}>
            <span class="gas-bar" aria-hidden="true">
              <span style={{ width: `${(part * 100).toFixed(1)}%` }} />
            </span>
            {part === 0 ? '0 %' : part < 0.01 ? '<1 %' : `${Math.round(part * 100)} %`}
          </span>
        </td>
        <td data-unit="" class="numeric">
          {formatAge(now.value - time * 1000)}
        </td>
        <td class="block-checked">
          <button
            type="button"
            class="verified"
            aria-expanded={isOpen}
            aria-label={`Verified: what was checked in block ${number}`}
            data-testid="verified"
            data-checks={checks.join(' ')}
            onClick={toggle}
          >
            <Icon name="check" />
            Verified
          </button>
        </td>
      </tr>
      {isOpen && (
        <tr class="block-detail" data-testid="block-detail">
          <td colSpan={HEADS.length}>
            <ul class="checks">
              {checks.map((check) => (
                <li key={check}>
                  <Icon name="check" />
                  <span>{checkWords[check](block)}</span>
                </li>
              ))}
            </ul>
            <p class="small muted block-hash">
              <code>{hash}</code>
              <CopyButton text={hash} what={`the hash of block ${number}`} />
            </p>
            <p class="small muted">Arrived at {formatTime(block.arrivedAt)}.</p>
          </td>
        </tr>
      )}
    </>
  )
}

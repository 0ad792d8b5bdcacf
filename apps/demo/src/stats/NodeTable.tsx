import { count } from '../text/format.js'
import { Icon } from '../ui/icons.js'
import { NodeRow } from './NodeRow.js'
import { nextOrder, type SortKey } from './sort.js'
import { figures, nodes, order } from './store.js'

const columns: readonly { readonly by: SortKey; readonly words: string; readonly isNumber?: boolean }[] = [
  { by: 'state', words: 'Node' },
  { by: 'latency', words: 'Latency', isNumber: true },
  { by: 'peers', words: 'Peers', isNumber: true },
  { by: 'pending', words: 'Pending', isNumber: true },
  { by: 'gas', words: 'Gas price', isNumber: true },
  { by: 'block', words: 'Last block' },
  { by: 'propagation', words: 'Propagation' },
  { by: 'uptime', words: 'Up time', isNumber: true },
]

export function NodeTable() {
  const list = nodes.value
  const { active } = figures.value
  return (
    <section class="card nodes" aria-labelledby="nodes-title">
      <div class="card-head">
        <h2 id="nodes-title">Nodes</h2>
        <p class="muted" role="status" data-testid="node-count">
          {list.length === 0 ? 'none report here yet' : `${active} of ${count(list.length, 'node')} online`}
        </p>
        {list.length > 1 && <OrderSelect />}
      </div>
      {list.length > 0 && (
        <table class="node-table" data-testid="nodes">
          <thead>
            <tr>
              {columns.map((column) => (
                <Head key={column.by} column={column} />
              ))}
            </tr>
          </thead>
          <tbody>
            {list.map((node) => (
              <NodeRow key={node.id} node={node} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

function Head({ column: { by, words, isNumber = false } }: { column: (typeof columns)[number] }) {
  const isChosen = order.value.by === by
  const direction = order.value.descending ? 'descending' : 'ascending'
  return (
    <th scope="col" class={isNumber ? 'numeric' : ''} aria-sort={isChosen ? direction : 'none'}>
      <button
        type="button"
        class="sort"
        data-testid={`sort-${by}`}
        onClick={() => {
          order.value = nextOrder(order.value, by)
        }}
      >
        {words}
        {isChosen && <Icon name={order.value.descending ? 'down' : 'up'} />}
      </button>
    </th>
  )
}

/** Stands in for the heads of the columns where there is no room for them. */
function OrderSelect() {
  return (
    <label class="order small">
      <span class="muted">Order</span>
      <select
        value={order.value.by}
        onChange={(event) => {
          const { value } = event.currentTarget
          const chosen = columns.find(({ by }) => by === value)
          // From another key, so that the order is the one a column begins with.
          if (chosen !== undefined && chosen.by !== order.value.by) order.value = nextOrder(order.value, chosen.by)
        }}
      >
        {columns.map(({ by, words }) => (
          <option key={by} value={by}>
            {by === 'state' ? 'State' : words}
          </option>
        ))}
      </select>
    </label>
  )
}

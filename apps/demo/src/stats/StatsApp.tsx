import { Charts } from './Charts.js'
import { FigureBar } from './FigureBar.js'
import { HowToReport } from './HowToReport.js'
import { NodeTable } from './NodeTable.js'
import { StatsHeader } from './StatsHeader.js'
import { feedState } from './store.js'

export function StatsApp() {
  return (
    <div class="page">
      <StatsHeader />
      <main class={`grid stats ${feedState.value.phase}`}>
        <h1 class="offscreen">Network stats</h1>
        <FigureBar />
        <Charts />
        <NodeTable />
        <HowToReport />
      </main>
      <footer class="footer muted small">
        Nodes report by their own word. Latency is measured here, up time counts from when a node was first seen, and
        propagation is how much later than the first a node reports a block.
      </footer>
    </div>
  )
}

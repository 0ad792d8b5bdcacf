import { render } from 'preact'
import { applyTheme, theme } from '../state/theme.js'
import '../styles/base.css'
import '../styles/controls.css'
import '../styles/layout.css'
import '../styles/stats.css'
import '../styles/stats-table.css'
import { StatsApp } from './StatsApp.js'
import { startStore } from './store.js'

applyTheme(theme.peek())
startStore()
render(<StatsApp />, document.getElementById('app')!)

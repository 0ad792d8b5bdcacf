import { render } from 'preact'
import { createClient } from './client/create-client.js'
import { feed } from './state/store.js'
import { applyTheme, theme } from './state/theme.js'
import './styles/base.css'
import './styles/controls.css'
import './styles/layout.css'
import './styles/panels.css'
import './styles/network.css'
import './styles/peer.css'
import './styles/peers.css'
import './styles/chain.css'
import './styles/account.css'
import { App } from './ui/App.js'

const client = createClient()
applyTheme(theme.peek())
feed(client)
render(<App client={client} />, document.getElementById('app')!)

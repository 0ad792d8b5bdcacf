import type { NodeClient } from '../client/client.js'
import { Account } from './Account.js'
import { Chain } from './Chain.js'
import { Chat } from './Chat.js'
import { ClientProvider } from './client-context.js'
import { Header } from './Header.js'
import { Identity } from './Identity.js'
import { Log } from './Log.js'
import { NetworkView } from './Network.js'
import { Peers } from './Peers.js'
import { Status } from './Status.js'

export function App({ client }: { client: NodeClient }) {
  return (
    <ClientProvider value={client}>
      <div class="page">
        <Header />
        <main class="grid">
          <div class="card self">
            <Status />
            <Identity />
          </div>
          <NetworkView />
          <Chain />
          <Account />
          <Peers />
          <Chat />
          <Log />
        </main>
        <footer class="footer muted small">
          Identities are proven by key. What travels is only as private as the connection below it: use wss across
          networks you do not trust.{' '}
          <a class="link" href="./stats">
            Stats of the nodes that report here
          </a>
        </footer>
      </div>
    </ClientProvider>
  )
}

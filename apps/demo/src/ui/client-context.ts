import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { NodeClient } from '../client/client.js'

const ClientContext = createContext<NodeClient | undefined>(undefined)

export const ClientProvider = ClientContext.Provider

/** The node behind the page. */
export function useClient(): NodeClient {
  const client = useContext(ClientContext)
  if (client === undefined) throw new Error('no ClientProvider above this component')
  return client
}

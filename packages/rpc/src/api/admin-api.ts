import { asError, Enode } from '@ethspan/core'
import type { Api, ApiMethod } from '@ethspan/node'
import { RpcError, RpcErrorCode } from '../rpc-error.js'
import type { EndpointControl } from './endpoint-control.js'
import type { MessageFeed } from './message-feed.js'
import { commaList, noParams, optional, port, readParams, text } from './params.js'
import { peerEvents } from './peer-events.js'
import { type ServerSource, serverOf } from './server-source.js'

export interface AdminApiOptions {
  /** What `admin_startHTTP` and its neighbours work on; without it they do not exist. */
  readonly endpoints?: EndpointControl
  /** Makes `peerEvents` tell of messages too. */
  readonly messages?: MessageFeed
}

/** A node as `admin` sees it. */
export interface AdminSource extends ServerSource {
  /** Its path, or what has one, as a `Node`'s; undefined where nothing is kept on disk. */
  readonly dataDir?: string | { readonly path: string } | undefined
}

/**
 * The `admin` namespace: whoever may call it owns the node. Names and shapes are geth's; `admin_nodeInfo` and `admin_peers`
 * have fields beyond geth's.
 */
export function adminApi(source: AdminSource, { endpoints, messages }: AdminApiOptions = {}): Api {
  const server = () => serverOf(source)
  /** A method that takes one node address and answers true. */
  const withNode = (act: (node: Enode) => void | Promise<void>): ApiMethod => {
    return async (params) => {
      const [address] = readParams<[string]>(params, text)
      await act(parseNode(address))
      return true
    }
  }
  return {
    namespace: 'admin',
    methods: {
      nodeInfo: (params) => {
        noParams(params)
        return server().nodeInfo()
      },
      peers: (params) => {
        noParams(params)
        return server().peersInfo()
      },
      datadir: (params) => {
        noParams(params)
        const { dataDir = '' } = source
        return typeof dataDir === 'string' ? dataDir : dataDir.path
      },
      addPeer: withNode((node) => server().addPeer(node)),
      removePeer: withNode((node) => server().removePeer(node)),
      addTrustedPeer: withNode((node) => server().addTrustedPeer(node)),
      removeTrustedPeer: withNode((node) => server().removeTrustedPeer(node)),
      ...(endpoints === undefined ? {} : endpointMethods(endpoints)),
    },
    subscriptions: { peerEvents: peerEvents(source, messages) },
  }
}

function parseNode(address: string): Enode {
  try {
    return Enode.parse(address)
  } catch (cause) {
    throw new RpcError(RpcErrorCode.Server, `invalid enode: ${asError(cause).message}`, { cause })
  }
}

/** The parameters' order is geth's. */
function endpointMethods(endpoints: EndpointControl): Record<string, ApiMethod> {
  type List = readonly string[] | undefined
  return {
    startHTTP: async (params) => {
      const [host, at, cors, apis, vhosts] = readParams<[string | undefined, number | undefined, List, List, List]>(
        params,
        optional(text),
        optional(port),
        optional(commaList),
        optional(commaList),
        optional(commaList),
      )
      await endpoints.startHTTP(given({ host, port: at, cors, apis, vhosts }))
      return true
    },
    stopHTTP: async (params) => {
      noParams(params)
      await endpoints.stopHTTP()
      return true
    },
    startWS: async (params) => {
      const [host, at, origins, apis] = readParams<[string | undefined, number | undefined, List, List]>(
        params,
        optional(text),
        optional(port),
        optional(commaList),
        optional(commaList),
      )
      await endpoints.startWS(given({ host, port: at, origins, apis }))
      return true
    },
    stopWS: async (params) => {
      noParams(params)
      await endpoints.stopWS()
      return true
    },
  }
}

/** Without what is undefined, so that it can be spread over defaults. */
function given<T extends object>(options: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>
  }
}

// What a console offers: an object for each namespace of the node, such as `admin` with `admin.peers` and `admin.addPeer(…)`.
import { inspect } from 'node:util'
import { ConsoleError, type Remote } from './remote.js'

/** Read without parentheses, as in geth's console. */
const PROPERTIES: Readonly<Record<string, readonly string[]>> = {
  admin: ['datadir', 'nodeInfo', 'peers'],
  eth: ['blobBaseFee', 'blockNumber', 'chainId', 'gasPrice', 'maxPriorityFeePerGas', 'syncing'],
  net: ['listening', 'peerCount', 'version'],
  rpc: ['modules'],
  txpool: ['content', 'inspect', 'status'],
  web3: ['clientVersion'],
}

/** Known for completion; others can be called all the same. */
const METHODS: Readonly<Record<string, readonly string[]>> = {
  admin: ['addPeer', 'addTrustedPeer', 'removePeer', 'removeTrustedPeer', 'startHTTP', 'startWS', 'stopHTTP', 'stopWS'],
  dev: ['fund'],
  eth: [
    'call',
    'estimateGas',
    'feeHistory',
    'getBalance',
    'getBlockByHash',
    'getBlockByNumber',
    'getBlockReceipts',
    'getCode',
    'getLogs',
    'getProof',
    'getStorageAt',
    'getTransactionByHash',
    'getTransactionCount',
    'getTransactionReceipt',
    'sendRawTransaction',
  ],
  txpool: ['contentFrom'],
  web3: ['sha3'],
}

/** Quantities that geth's console shows as numbers. */
const QUANTITIES = new Set(['eth_blockNumber', 'eth_gasPrice', 'eth_maxPriorityFeePerGas', 'net_peerCount'])

/** The namespaces by name, and what there is in each. */
export interface Namespaces {
  readonly objects: Readonly<Record<string, object>>
  /** Names within a namespace, methods with their parenthesis. */
  completions(namespace: string): readonly string[]
  /** Whether `<namespace>.<name>` is read without parentheses. */
  isProperty(namespace: string, name: string): boolean
}

/** @param names what `rpc_modules` tells */
export function makeNamespaces(remote: Remote, names: readonly string[]): Namespaces {
  const isProperty = (namespace: string, name: string) => PROPERTIES[namespace]?.includes(name) === true
  return {
    objects: {
      ...Object.fromEntries(Object.keys(PROPERTIES).map((name) => [name, notOffered(name)])),
      ...Object.fromEntries(names.map((name) => [name, makeNamespace(remote, name)])),
    },
    completions: (namespace) => {
      if (!names.includes(namespace)) return []
      const methods = (METHODS[namespace] ?? []).map((method) => `${method}(`)
      return [...(PROPERTIES[namespace] ?? []), ...methods]
    },
    isProperty,
  }

  function makeNamespace({ call }: Remote, namespace: string): object {
    const ask = (name: string, params: readonly unknown[]) => {
      const method = `${namespace}_${name}`
      const result = call(method, params)
      return QUANTITIES.has(method) ? Number(result) : result
    }
    const known = [...(PROPERTIES[namespace] ?? []), ...(METHODS[namespace] ?? [])]
    /** What a namespace looks like by itself. */
    const words = () => known.map((name) => `${namespace}.${name}`).join('\n')
    return new Proxy(
      { [inspect.custom]: words },
      {
        get(_, name) {
          // `then` is what await asks every value for.
          if (typeof name === 'symbol' || name === 'then') return undefined
          return isProperty(namespace, name) ? ask(name, []) : (...params: unknown[]) => ask(name, params)
        },
        set: () => false,
      },
    )
  }
}

/** A namespace that the node has and does not offer at this endpoint. */
function notOffered(namespace: string): object {
  const why = `the node does not offer ${namespace} here. Ask over IPC, or start it with --http.api or --ws.api naming ${namespace}`
  return new Proxy(
    { [inspect.custom]: () => why },
    {
      get(_, name) {
        if (typeof name === 'symbol' || name === 'then') return undefined
        throw new ConsoleError(why)
      },
    },
  )
}

// What pages and people are told of the chain.
import { bytesToHex } from '@ethspan/core'
import type { GatewayChain } from './chain/gateway-chain.js'
import type { GatewayConfig } from './config.js'

/** As `node.json` has it. */
export interface ChainFacts {
  /** `dev`, the name of a public network, or `custom`. */
  readonly name: string
  /** Decimal text. */
  readonly networkId: string
  /** Hash of the genesis block. */
  readonly genesis: string
  /** Whether `POST /faucet` gives coins. */
  readonly faucet: boolean
}

export function chainFacts(
  { chain: settings }: GatewayConfig,
  chain: GatewayChain | undefined,
): ChainFacts | undefined {
  if (settings === undefined || chain === undefined) return undefined
  const { choice } = settings
  const { spec, faucet } = chain
  return {
    name: choice.kind === 'network' ? choice.name : choice.kind === 'dev' ? 'dev' : 'custom',
    networkId: `${spec.networkId}`,
    genesis: `0x${bytesToHex(spec.genesis.hash)}`,
    faucet: faucet !== undefined,
  }
}

/** What the user should know of it, a sentence each. */
export function chainNotes({ chain }: GatewayConfig): string[] {
  if (chain === undefined) return []
  const { choice, blockPeriod, trustedHeads, checkpoint, importFiles } = chain
  if (choice.kind === 'dev') {
    if (blockPeriod !== undefined) return []
    return [
      'The nodes named with --peers are believed when they say what the head of the development chain is; with --dev this node makes blocks itself.',
    ]
  }
  if (trustedHeads.length > 0 || checkpoint !== undefined || importFiles.length > 0) return []
  return [
    'Nobody says yet what the head of this chain is: a consensus client does on the authenticated port, or name --checkpoint or --trusted-head.',
  ]
}

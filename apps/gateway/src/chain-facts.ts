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
export function chainNotes(
  { chain }: GatewayConfig,
  opened: Pick<GatewayChain, 'lacksReceipts'> | undefined,
): string[] {
  if (chain === undefined) return []
  const { choice, blockPeriod, trustedHeads, checkpoint, importFiles } = chain
  const notes: string[] = []
  if (choice.kind === 'dev' && blockPeriod === undefined) notes.push(FOLLOWS)
  if (choice.kind !== 'dev' && trustedHeads.length + importFiles.length === 0 && checkpoint === undefined) {
    notes.push(NO_HEAD)
  }
  if (opened?.lacksReceipts === true) notes.push(NO_RECEIPTS)
  return notes
}

const FOLLOWS =
  'The nodes named with --peers are believed when they say what the head of the development chain is; with --dev this node makes blocks itself.'
const NO_HEAD =
  'Nobody says yet what the head of this chain is: a consensus client does on the authenticated port, or name --checkpoint or --trusted-head.'
const NO_RECEIPTS =
  'The blocks here have no receipts, since they were imported and not executed: nodes that do not execute, such as those of pages, can not follow this one. Import the files once more with --execute.'

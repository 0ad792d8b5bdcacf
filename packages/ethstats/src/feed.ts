// What a stats server tells those who watch: all there is once, then what changed. Both ends keep the same picture by the
// same function.

/** `quiet` ones are connected, but have said nothing for a while. */
export type NodeState = 'online' | 'quiet' | 'offline'

/** A reporting node. Its texts are what the node said, bounded in length and otherwise as they came. */
export interface NodeView {
  /** Its name, by which it is known. */
  readonly id: string
  readonly client: string
  readonly os: string
  readonly osVersion: string
  /** Network id, decimal. */
  readonly network: string
  readonly state: NodeState
  /** Milliseconds since 1970: when it connected, or was lost. */
  readonly since: number
  readonly isSyncing: boolean
  /** One way, milliseconds. Each of these is undefined until it is known. */
  readonly latency?: number
  readonly peers?: number
  readonly pending?: number
  /** Wei. */
  readonly gasPrice?: number
  /** Its share of the time since it was first seen, 0 to 1. */
  readonly uptime: number
  readonly block?: NodeBlock
  /** How much later than the first to report them it reported its last blocks, milliseconds; the newest is at the end. */
  readonly propagation: readonly number[]
}

/** The head of a node. */
export interface NodeBlock {
  readonly number: number
  /** 0x and 64 hex digits. */
  readonly hash: string
  /** Milliseconds since 1970: when it was new here, or where it was old when the node came, when it was made. */
  readonly at: number
  /** As in {@link NodeView}; undefined for a block that was old when the node told it. */
  readonly propagation?: number
}

/** A block of the chain that most nodes follow. */
export interface BlockView {
  readonly number: number
  readonly hash: string
  /** As in {@link NodeBlock}. */
  readonly at: number
  /** Seconds since the block before; undefined where that is not known. */
  readonly time?: number
  readonly gasUsed: number
  readonly gasLimit: number
  readonly transactions: number
  readonly uncles: number
  /** 0 since the merge. */
  readonly difficulty: number
}

/** How many blocks came later at a node than at the first, by how much. */
export interface PropagationBin {
  /** Milliseconds, at most; undefined for the last bin, which has all that is longer. */
  readonly upTo?: number
  readonly count: number
}

/** All there is to show. */
export interface StatsSnapshot {
  /** Milliseconds since 1970, by the server's clock. */
  readonly at: number
  /** The id of the network that the figures are about: that of most nodes. Undefined where there is none. */
  readonly network?: string
  readonly nodes: readonly NodeView[]
  /** The newest, ascending; numbers may be missing. */
  readonly blocks: readonly BlockView[]
  readonly propagation: readonly PropagationBin[]
}

/** What changed since the last message. What is not there is as it was. */
export interface StatsChange {
  readonly at: number
  /** Empty where there is none any more. */
  readonly network?: string
  /** New ones, and those of which something changed. */
  readonly nodes?: readonly NodeView[]
  /** Names of those that were forgotten. */
  readonly gone?: readonly string[]
  readonly blocks?: BlocksChange
  readonly propagation?: readonly PropagationBin[]
}

export interface BlocksChange {
  /** The blocks that are shown, by hash, ascending by number. */
  readonly hashes: readonly string[]
  /** Those that are new, or changed. */
  readonly changed: readonly BlockView[]
}

export type FeedMessage = ({ readonly type: 'snapshot' } & StatsSnapshot) | ({ readonly type: 'change' } & StatsChange)

/** Where pages listen, below the path of the page itself. */
export const FEED_PATH = '/stats/feed'

/** Milliseconds after which a feed that said nothing is dead: servers say something more often. */
export const FEED_SILENCE = 45_000

export const emptySnapshot: StatsSnapshot = { at: 0, nodes: [], blocks: [], propagation: [] }

/** What there is to show after a message. */
export function applyMessage(before: StatsSnapshot, message: FeedMessage): StatsSnapshot {
  if (message.type === 'change') return applyChange(before, message)
  const { type, ...snapshot } = message
  return snapshot
}

function applyChange(before: StatsSnapshot, change: StatsChange): StatsSnapshot {
  const { at, network = before.network, nodes = [], gone = [], blocks, propagation = before.propagation } = change
  return {
    at,
    ...(network === undefined || network === '' ? {} : { network }),
    nodes: nodes.length + gone.length === 0 ? before.nodes : changeNodes(before.nodes, nodes, gone),
    blocks: blocks === undefined ? before.blocks : changeBlocks(before.blocks, blocks),
    propagation,
  }
}

function changeNodes(before: readonly NodeView[], changed: readonly NodeView[], gone: readonly string[]) {
  const nodes = new Map(before.map((node) => [node.id, node]))
  for (const id of gone) nodes.delete(id)
  for (const node of changed) nodes.set(node.id, node)
  return [...nodes.values()]
}

function changeBlocks(before: readonly BlockView[], { hashes, changed }: BlocksChange): readonly BlockView[] {
  const blocks = new Map([...before, ...changed].map((block) => [block.hash, block]))
  return hashes.flatMap((hash) => blocks.get(hash) ?? [])
}

/** The change between two snapshots. */
export function changeBetween(before: StatsSnapshot, after: StatsSnapshot): StatsChange {
  const nodesBefore = new Map(before.nodes.map((node) => [node.id, node]))
  const nodes = after.nodes.filter((node) => nodesBefore.get(node.id) !== node)
  for (const { id } of after.nodes) nodesBefore.delete(id)
  const gone = [...nodesBefore.keys()]
  return {
    at: after.at,
    ...(before.network === after.network ? {} : { network: after.network ?? '' }),
    ...(nodes.length === 0 ? {} : { nodes }),
    ...(gone.length === 0 ? {} : { gone }),
    ...(before.blocks === after.blocks ? {} : { blocks: blocksBetween(before.blocks, after.blocks) }),
    ...(before.propagation === after.propagation ? {} : { propagation: after.propagation }),
  }
}

function blocksBetween(before: readonly BlockView[], after: readonly BlockView[]): BlocksChange {
  const known = new Map(before.map((block) => [block.hash, block]))
  const isSame = (block: BlockView) => {
    const other = known.get(block.hash)
    return other !== undefined && other.time === block.time && other.at === block.at
  }
  return { hashes: after.map(({ hash }) => hash), changed: after.filter((block) => !isSame(block)) }
}

// Where the nodes of the network are drawn: d3-force decides, the gateway holds the middle.
import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY, type Simulation } from 'd3-force'
import type { Network, NetworkNode } from '../client/client.js'

/** Nodes drawn at most: more is neither readable nor cheap. */
export const MAX_DRAWN = 200
/** Up to so many nodes each has its label. */
export const MAX_LABELLED = 40
/** Steps for a layout that settles out of sight, for those who asked for less motion. d3's own count for a cooled layout. */
const STILL_STEPS = 300

export interface Placed {
  node: NetworkNode
  radius: number
  x: number
  y: number
  fx: number | null
  fy: number | null
}

export interface PlacedLink {
  source: Placed
  target: Placed
}

export interface Box {
  readonly width: number
  readonly height: number
}

/** The nodes to draw: this one and the gateway always, the rest in the order told. */
export function nodesToDraw(network: Network): readonly NetworkNode[] {
  if (network.nodes.length <= MAX_DRAWN) return network.nodes
  const first = network.nodes.filter((node) => node.role !== 'node')
  const rest = network.nodes.filter((node) => node.role === 'node')
  return [...first, ...rest].slice(0, MAX_DRAWN)
}

const crowded = (count: number): boolean => count > MAX_LABELLED

/** The side of the square that each of `count` nodes has to itself when they fill a disc in the box. */
const spacing = (count: number, { width, height }: Box): number => Math.sqrt((width * height * 0.6) / count)

/** Pixels. */
export function radiusOf(node: NetworkNode, count: number, box: Box): number {
  const small = Math.max(3, Math.min(8, spacing(count, box) * 0.32))
  if (node.role === 'gateway') return 24
  if (node.role === 'you') return crowded(count) ? 12 : 19
  return crowded(count) ? small : 16
}

export class GraphLayout {
  readonly #simulation: Simulation<Placed, PlacedLink>
  readonly #links = forceLink<Placed, PlacedLink>([])
  readonly #still: boolean
  #box: Box = { width: 600, height: 400 }
  nodes: readonly Placed[] = []
  links: readonly PlacedLink[] = []

  /** `changed` is called whenever nodes have moved; `still`: place them at once, without motion. */
  constructor(changed: () => void, still: boolean) {
    this.#still = still
    this.#simulation = forceSimulation<Placed, PlacedLink>([])
      .force('link', this.#links)
      .stop()
      .on('tick', () => {
        this.#keepInside()
        changed()
      })
  }

  resize(box: Box): void {
    if (box.width === this.#box.width && box.height === this.#box.height) return
    this.#box = box
    for (const item of this.nodes) item.radius = radiusOf(item.node, this.nodes.length, box)
    this.#forces()
    this.#run()
  }

  show(network: Network): void {
    const drawn = nodesToDraw(network)
    const before = new Map(this.nodes.map((placed) => [placed.node.id, placed]))
    const sameNodes = drawn.length === before.size && drawn.every((node) => before.has(node.id))
    const middle = (drawn.find((node) => node.role === 'gateway') ?? drawn[0])?.id
    this.nodes = drawn.map((node, index) => {
      const radius = radiusOf(node, drawn.length, this.#box)
      const fixed = node.id === middle ? 0 : null
      const old = before.get(node.id)
      if (old !== undefined) return Object.assign(old, { node, radius, fx: fixed, fy: fixed })
      // Newcomers start around the middle, each in a direction of its own (the golden angle), and drift outwards.
      const angle = index * 2.399963
      return { node, radius, x: 60 * Math.cos(angle), y: 60 * Math.sin(angle), fx: fixed, fy: fixed }
    })
    const placed = new Map(this.nodes.map((item) => [item.node.id, item]))
    const sameLinks = network.links.length === this.links.length
    this.links = network.links.flatMap(({ source, target }) => {
      const from = placed.get(source)
      const to = placed.get(target)
      return from && to ? [{ source: from, target: to }] : []
    })
    this.#simulation.nodes([...this.nodes])
    this.#links.links([...this.links])
    this.#forces()
    if (!sameNodes || !sameLinks) this.#run()
  }

  stop(): void {
    this.#simulation.stop()
  }

  #forces(): void {
    const { width, height } = this.#box
    const reach = Math.min(width, height) / 2
    // A wide box is filled in its width: the narrower way pulls harder.
    const across = Math.min(1, height / width)
    const down = Math.min(1, width / height)
    if (crowded(this.nodes.length)) {
      // Packed around the middle; links pull too weakly to draw rings.
      const room = spacing(this.nodes.length, this.#box) * 0.46
      this.#links.distance(reach * 0.5).strength(0.01)
      this.#simulation
        .force('charge', forceManyBody<Placed>().strength(-room).distanceMax(reach))
        .force(
          'collide',
          forceCollide<Placed>(({ node, radius }) => (node.role === 'node' ? room : radius + 26)),
        )
        .force('x', forceX<Placed>(0).strength(0.1 * across * across))
        .force('y', forceY<Placed>(0).strength(0.1 * down * down))
      return
    }
    this.#links.distance(Math.max(90, reach * 0.62)).strength(0.25)
    this.#simulation
      .force(
        'charge',
        forceManyBody<Placed>()
          .strength(-420)
          .distanceMax(reach * 2),
      )
      .force(
        'collide',
        forceCollide<Placed>((item) => item.radius + 26),
      )
      .force('x', forceX<Placed>(0).strength(0.03 * across))
      .force('y', forceY<Placed>(0).strength(0.09 * down))
  }

  #run(): void {
    if (!this.#still) {
      this.#simulation.alpha(0.7).restart()
      return
    }
    this.#simulation.alpha(1).stop()
    this.#simulation.tick(STILL_STEPS)
    this.#keepInside()
  }

  #keepInside(): void {
    const label = crowded(this.nodes.length) ? 4 : 34
    const right = this.#box.width / 2
    const bottom = this.#box.height / 2
    for (const item of this.nodes) {
      const side = item.radius + (crowded(this.nodes.length) ? 6 : 30)
      item.x = Math.max(-right + side, Math.min(right - side, item.x))
      item.y = Math.max(-bottom + item.radius + 8, Math.min(bottom - item.radius - label, item.y))
    }
  }
}

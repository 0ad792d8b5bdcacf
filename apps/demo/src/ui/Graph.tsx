import { type Signal, useSignal, useSignalEffect } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { NetworkNode } from '../client/client.js'
import { messages, network } from '../state/store.js'
import { hueOf } from '../text/avatar.js'
import { clean } from '../text/clean.js'
import { displayName, parseClientName } from '../text/client-name.js'
import { GraphLayout, MAX_LABELLED, type Placed, type PlacedLink } from './graph-layout.js'

/** Longest name beside a node, so that neighbours do not run into each other; code points. */
const MAX_LABEL = 16

/** The network as SVG. One tab stop; the arrow keys go from node to node. */
export function Graph({ chosen }: { chosen: Signal<string | undefined> }) {
  const svg = useRef<SVGSVGElement>(null)
  const layout = useRef<GraphLayout | undefined>(undefined)
  const moved = useSignal(0)
  const box = useSignal({ width: 600, height: 400 })

  useEffect(() => {
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches
    const graph = new GraphLayout(() => {
      moved.value += 1
    }, still)
    layout.current = graph
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect
      if (width === 0) return
      box.value = { width, height }
      graph.resize({ width, height })
      moved.value += 1
    })
    observer.observe(svg.current!)
    graph.show(network.peek())
    return () => {
      observer.disconnect()
      graph.stop()
    }
  }, [moved, box])

  useSignalEffect(() => {
    layout.current?.show(network.value)
    moved.value = moved.peek() + 1
  })

  // Reading the signal is what draws again after each step of the layout.
  void moved.value
  const { width, height } = box.value
  const nodes = layout.current?.nodes ?? []
  const links = layout.current?.links ?? []
  const current = nodes.some(({ node }) => node.id === chosen.value) ? chosen.value : nodes[0]?.node.id

  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
    if (event.key === 'Escape') chosen.value = undefined
    if (step === undefined || nodes.length === 0) return
    event.preventDefault()
    const at = nodes.findIndex(({ node }) => node.id === current)
    const next = nodes[(at + step + nodes.length) % nodes.length]!.node.id
    chosen.value = next
    svg.current?.querySelector<SVGGElement>(`[data-node-id="${next}"]`)?.focus()
  }

  return (
    // biome-ignore lint/a11y/useSemanticElements: a <fieldset> can not be drawn on
    <svg
      ref={svg}
      class={nodes.length > MAX_LABELLED ? 'graph crowded' : 'graph'}
      viewBox={`${-width / 2} ${-height / 2} ${width} ${height}`}
      role="group"
      aria-label={`Graph of ${nodes.length} nodes; arrow keys go from one to the next`}
      data-testid="network"
      onKeyDown={onKeyDown}
      onClick={(event) => {
        if (event.target === event.currentTarget) chosen.value = undefined
      }}
    >
      <g class="rings">
        <circle r={Math.min(width, height) * 0.2} />
        <circle r={Math.min(width, height) * 0.36} />
      </g>
      <g>
        {links.map((link) => (
          <line key={linkKey(link)} class="link" {...ends(link)} />
        ))}
      </g>
      <Pulses links={links} />
      {inDrawingOrder(nodes).map((placed) => (
        <Node
          key={placed.node.id}
          node={placed.node}
          radius={placed.radius}
          x={placed.x}
          y={placed.y}
          labelled={nodes.length <= MAX_LABELLED || placed.node.role !== 'node'}
          tabbable={placed.node.id === current}
          chosen={chosen}
        />
      ))}
    </svg>
  )
}

/** The gateway and this node last, so that nothing covers them. */
const inDrawingOrder = (nodes: readonly Placed[]): readonly Placed[] => [
  ...nodes.filter(({ node }) => node.role === 'node'),
  ...nodes.filter(({ node }) => node.role !== 'node'),
]

const linkKey = ({ source, target }: PlacedLink): string => `${source.node.id}-${target.node.id}`
const ends = ({ source, target }: PlacedLink) => ({ x1: source.x, y1: source.y, x2: target.x, y2: target.y })

/** The last chat message on its way: from its sender inwards, then on to everyone else. */
function Pulses({ links }: { links: readonly PlacedLink[] }) {
  const last = messages.value.at(-1)
  if (last === undefined || last.isHistory) return null
  return (
    <g class="pulses">
      {links.map((link) => {
        const fromSender = link.source.node.id === last.from || link.target.node.id === last.from
        // A line is drawn from the sender's side, or from the middle, since that is the way its dash will run.
        const outwards = fromSender ? link.source.node.id === last.from : link.source.node.role === 'gateway'
        const { source, target } = outwards ? link : { source: link.target, target: link.source }
        return (
          <line
            key={`${linkKey(link)}-${last.id}`}
            class={fromSender ? 'pulse' : 'pulse late'}
            pathLength={1}
            {...ends({ source, target })}
          />
        )
      })}
    </g>
  )
}

/** Plain values, because a component is drawn again only when one of its properties is another. */
interface NodeProps {
  node: NetworkNode
  radius: number
  x: number
  y: number
  labelled: boolean
  tabbable: boolean
  chosen: Signal<string | undefined>
}

function Node({ node, radius, x, y, labelled, tabbable, chosen }: NodeProps) {
  const name = displayName(node.name)
  const kind = kindOf(node.name, node.role)
  const transport = clean(node.transport, 8)
  const under =
    node.role === 'you'
      ? 'you'
      : [transport, kind === 'tab' ? 'tab' : node.role === 'gateway' ? 'gateway' : ''].filter(Boolean).join(' · ')
  const choose = () => {
    chosen.value = node.id
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: there is no <button> inside SVG
    <g
      class={`node ${node.role} ${kind}`}
      transform={`translate(${x} ${y})`}
      role="button"
      // In SVG the name of an attribute counts as it is written; Firefox knows no other than this.
      tabindex={tabbable ? 0 : -1}
      aria-label={labelled ? undefined : [name, under].filter(Boolean).join(' ')}
      aria-pressed={chosen.value === node.id}
      data-testid="network-node"
      data-node-id={node.id}
      onClick={choose}
      onFocus={choose}
    >
      <Shape kind={kind} radius={radius} hue={hueOf(node.id)} />
      {labelled && (
        // One text, for the space between name and kind: together they are what the node is called by assistive technology.
        <text class="label">
          <tspan x="0" y={radius + 18}>
            {clean(name, MAX_LABEL)}
          </tspan>
          {/* Without a size, so that it does not push the name off the middle. */}
          <tspan font-size="0"> </tspan>
          <tspan class="sublabel" x="0" y={radius + 31}>
            {under}
          </tspan>
        </text>
      )}
    </g>
  )
}

/** Tabs are round, programs square; that they differ in more than colour is for those who see none. */
function Shape({ kind, radius, hue }: { kind: 'tab' | 'program'; radius: number; hue: number }) {
  const fill = `hsl(${hue} 42% 52%)`
  if (kind === 'tab') {
    return (
      <>
        <circle class="halo" r={radius + 5} />
        <circle class="body" r={radius} fill={fill} />
      </>
    )
  }
  const square = (r: number, corner: number) => ({ x: -r, y: -r, width: 2 * r, height: 2 * r, rx: corner })
  return (
    <>
      <rect class="halo" {...square(radius + 3, radius * 0.62)} />
      <rect class="body" {...square(radius - 2, radius * 0.5)} fill={fill} />
    </>
  )
}

function kindOf(name: string, role: string): 'tab' | 'program' {
  if (role === 'gateway') return 'program'
  return role === 'you' || parseClientName(name).client === 'ethspan-tab' ? 'tab' : 'program'
}

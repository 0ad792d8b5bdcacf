// docs/grafana-dashboard.json against what the metrics port of a running gateway really prints.
import { readFileSync } from 'node:fs'
import { generatePrivateKey, Server } from '@ethspan/core'
import { PeerFeed } from '@ethspan/protocols'
import { tcp } from '@ethspan/tcp'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { startGateway } from '../src/gateway.js'
import { createMetrics } from '../src/metrics/registry.js'
import { testConfig } from './support.js'

vi.setConfig({ testTimeout: 30_000 })

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly datasource: { uid: string } }[]
}
interface Variable {
  readonly name: string
  readonly type: string
  readonly definition?: string
}
interface Dashboard {
  readonly title: string
  readonly schemaVersion: number
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly Variable[] }
}

const file = new URL('../../../docs/grafana-dashboard.json', import.meta.url)
const dashboard = JSON.parse(readFileSync(file, 'utf8')) as Dashboard
const { panels } = dashboard
const variables = dashboard.templating.list
const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))

/** Names in front of a selector, and the labels asked for in it. */
function selectors(expr: string): { name: string; labels: string[] }[] {
  return [...expr.matchAll(/([a-z_][a-z0-9_]*)\{([^}]*)\}/g)].map(([, name = '', within = '']) => ({
    name,
    labels: [...within.matchAll(/([a-z_]+)=~?"/g)].map(([, label = '']) => label),
  }))
}

/** What the port of a gateway prints that has a peer, with messages in both directions. */
async function printed(): Promise<string> {
  const metrics = createMetrics({ ofProcess: true })
  const first = await startGateway(testConfig({ metrics: { host: '127.0.0.1', port: 0 } }), { metrics })
  onTestFinished(() => first.stop())
  // It asks who is connected there, and is told.
  const feed = new PeerFeed()
  const second = new Server({ privateKey: generatePrivateKey(), protocols: [feed.protocol], transports: [tcp()] })
  onTestFinished(() => second.stop())
  second.addPeer(first.enode)
  await second.start()
  const read = async () => (await fetch(new URL('debug/metrics/prometheus', first.metricsUrl))).text()
  await expect.poll(read, { timeout: 20_000 }).toMatch(/^p2p_egress_\w+_packets [1-9]/m)
  expect((await fetch(new URL('readyz', first.metricsUrl))).status).toBe(200)
  return read()
}

let reading: Promise<string> | undefined

/** {@link printed}, once: the process's own metrics are for one registry. */
function told(): Promise<string> {
  reading ??= printed()
  return reading
}

describe('the dashboard', () => {
  test('is one that Grafana reads: ids, places and data sources', () => {
    expect(dashboard.title).toBe('ethspan')
    expect(dashboard.schemaVersion).toBeGreaterThan(30)
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    for (const { type, title, targets, gridPos } of panels) {
      expect(['row', 'stat', 'timeseries']).toContain(type)
      expect(title).not.toBe('')
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
      if (type === 'row') continue
      expect(targets?.length).toBeGreaterThan(0)
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own variables look so.
      for (const target of targets ?? []) expect(target.datasource.uid).toBe('${datasource}')
    }
    expect(expressions.length).toBeGreaterThan(20)
  })

  test('shows no panel over another', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
  })

  test('uses only variables that it declares', () => {
    const declared = new Set([...variables.map(({ name }) => name), '__rate_interval'])
    const used = [...expressions, ...variables.map(({ definition = '' }) => definition)].flatMap((text) =>
      [...text.matchAll(/\$(\w+)/g)].map(([, name = '']) => name),
    )
    expect(used.filter((name) => !declared.has(name))).toEqual([])
  })
})

describe('what it asks for', () => {
  /** Labels that Prometheus adds to all. */
  const added = ['job', 'instance']

  test('is there, with the labels it selects by', async () => {
    const text = await told()
    const asked = expressions.flatMap(selectors)
    expect(asked.length).toBeGreaterThanOrEqual(expressions.length)
    const missing = asked.filter(({ name, labels }) => {
      const own = labels.filter((label) => !added.includes(label))
      const lines = text.split('\n').filter((line) => new RegExp(`^${name}[{ ]`).test(line))
      return !lines.some((line) => own.every((label) => line.includes(`${label}="`)))
    })
    expect(missing).toEqual([])
  })

  test('has the labels that its sums and legends name', async () => {
    const text = await told()
    const grouped = expressions.filter((expr) => expr.includes('by (protocol, version)'))
    expect(grouped.length).toBeGreaterThan(0)
    for (const { name } of grouped.flatMap(selectors)) {
      expect(text).toMatch(new RegExp(`^${name}\\{protocol="[a-z]+",version="\\d+"\\} [1-9]`, 'm'))
    }
  })

  test('is the whole of the connections’ story: every counter of dials and serves is drawn', async () => {
    const text = await told()
    const asked = new Set(expressions.flatMap(selectors).map(({ name }) => name))
    const counted = [...text.matchAll(/^# TYPE (p2p_(?:dials|serves)\w*) counter$/gm)].map(([, name = '']) => name)
    expect(counted.length).toBeGreaterThan(20)
    expect(counted.filter((name) => !asked.has(name))).toEqual([])
  })
})

test('the names that docs/operations.md tells are there', async () => {
  const operations = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8')
  const names = new Set([...operations.matchAll(/`(p2p_[a-z0-9_]+)`/g)].map(([, name = '']) => name))
  // A message has its metric once it is seen: here the feed's, in the text the chat's.
  names.delete('p2p_ingress_chat_1_0x00')
  names.add('p2p_ingress_peers_1_0x00').add('p2p_ingress_peers_1_0x00_packets')
  expect(names.size).toBeGreaterThan(12)
  const text = await told()
  expect([...names].filter((name) => !new RegExp(`^${name}[{ ]`, 'm').test(text))).toEqual([])
})

test('a gateway without metrics opens no port, and one with them is seen through its stop', async () => {
  const plain = await startGateway(testConfig())
  onTestFinished(() => plain.stop())
  expect(plain.metricsUrl).toBeUndefined()

  const watched = await startGateway(testConfig({ metrics: { host: '127.0.0.1', port: 0 } }))
  const status = async (path: string) => (await fetch(new URL(path, watched.metricsUrl))).status
  expect(await status('readyz')).toBe(200)
  const stopping = watched.stop()
  const asked = Promise.all([status('readyz'), status('healthz')]).catch(() => 'closed')
  await stopping
  expect([[503, 200], 'closed']).toContainEqual(await asked)
  await expect(status('healthz')).rejects.toThrow()
  // The public port knows nothing of it.
  expect((await fetch(new URL('debug/metrics/prometheus', plain.pageUrl))).status).toBe(404)
})

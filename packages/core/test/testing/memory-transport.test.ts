import { describe, expect, test } from 'vitest'
import { channelConformance, MemoryNetwork, settle } from '../../src/testing/index.js'

const connect =
  (network: MemoryNetwork, canPause = true) =>
  async () => {
    const { dialer, listener } = network.pair({ canPause })
    return { dialer, listener, close: async () => {} }
  }
const api = { describe, test, expect }

channelConformance({ name: 'memory', api, connect: connect(new MemoryNetwork()) })
channelConformance({ name: 'memory without pause', api, connect: connect(new MemoryNetwork(), false) })
channelConformance({
  name: 'memory in odd chunks',
  api,
  connect: connect(
    new MemoryNetwork({
      chunk: (bytes) => {
        const cuts = [0, 1, 2, 5, 1000, bytes.length]
        return cuts.slice(1).map((end, i) => bytes.subarray(cuts[i]!, end))
      },
    }),
  ),
})

const ignore = { data: () => {}, drained: () => {}, closed: () => {} }

test('a cut link delivers nothing and tells neither end, and each end can still be destroyed', async () => {
  const network = new MemoryNetwork({ highWaterMark: 10 })
  const { dialer, listener, link } = network.pair()
  const seen: string[] = []
  dialer.open({ ...ignore, drained: () => seen.push('drained'), closed: () => seen.push('dialer closed') })
  listener.open({ ...ignore, data: () => seen.push('data'), closed: () => seen.push('listener closed') })
  link.cut()
  expect(dialer.write([new Uint8Array(20)])).toBe(false)
  listener.end()
  await settle()
  expect(seen).toEqual([])
  dialer.destroy()
  await settle()
  expect(seen).toEqual(['dialer closed'])
  expect(network.links).toEqual([link])
  listener.destroy()
  await settle()
  expect(seen).toEqual(['dialer closed', 'listener closed'])
  expect(network.links).toEqual([])
})

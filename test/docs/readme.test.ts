import { describe, expect, test } from 'vitest'
import { examplesOf, run } from './examples.js'

describe("the README's examples", async () => {
  const examples = await examplesOf('README.md')
  const [protocol, browser, listener] = examples as [string, string, string]

  test('are the three that are run here', () => {
    expect(examples).toHaveLength(3)
  })

  test('the protocol: two servers meet and one answers the other', async () => {
    const printed = await run('protocol', protocol, 'answered')
    expect(printed).toContain('bob met alice')
    expect(printed).toContain('bob answered with 6 bytes')
  })

  test('the tab: dials, and says why that fails where nobody listens', async () => {
    const nobody = `enode+ws://79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8@127.0.0.1:1/p2p`
    const started = `${browser}\nawait startInTab('${nobody}')`
    expect(await run('browser', started, '127.0.0.1:1')).toMatch(/127\.0\.0\.1:1/)
  })

  test('the listener: prints its WebSocket address and ends', async () => {
    expect(await run('listener', listener, 'never')).toMatch(/^enode\+ws:\/\/[0-9a-f]{128}@127\.0\.0\.1:\d+\/p2p\n$/)
  })
})
